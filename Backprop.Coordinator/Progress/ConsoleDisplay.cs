using System.Globalization;
using System.Text;
using Backprop.Coordinator.Embedded;

namespace Backprop.Coordinator.Progress;

/// <summary>
/// A line that changes in place on a terminal, plain lines elsewhere: epoch, step, loss, the first metric, samples per second, the time
/// left, workers. Evaluations and events are lines of their own in both.
/// </summary>
/// <param name="output">Where it is written: stderr.</param>
/// <param name="live">True on a terminal.</param>
/// <param name="colour">True where colour is welcome.</param>
internal sealed class ConsoleDisplay(
    TextWriter output, bool live, bool colour, ProgressTotals totals, TimeProvider time) : IProgressDisplay
{
    private static readonly TimeSpan LiveEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PlainEvery = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private readonly StringBuilder _line = new(160);
    private readonly TimeSpan _every = live ? LiveEvery : PlainEvery;
    private long _shown = time.GetTimestamp();
    private int _width;
    private string _metric = "";

    /// <inheritdoc/>
    public void Step(in StepReport step, double samplesPerSecond)
    {
        if (time.GetElapsedTime(_shown) < _every)
        {
            return;
        }

        _shown = time.GetTimestamp();
        lock (_gate)
        {
            _line.Clear();
            var samplesLeft = (totals.Steps - step.Step) * (double)totals.Batch;
            var left = TimeSpan.FromSeconds(samplesPerSecond > 0 ? samplesLeft / samplesPerSecond : 0);
            _line.Append(CultureInfo.InvariantCulture, $"epoch {step.Epoch}/{totals.Epochs}  step {step.Step}/{totals.Steps}");
            _line.Append(CultureInfo.InvariantCulture, $"  loss {step.Loss:F4}{_metric}  {samplesPerSecond:N0} samples/s");
            _line.Append(CultureInfo.InvariantCulture, $"  ETA {left:hh\\:mm\\:ss}  workers {totals.Workers}");
            Write(live);
        }
    }

    /// <inheritdoc/>
    public void Evaluated(int step, int epoch, IReadOnlyDictionary<string, double> results, bool best)
    {
        var first = results.Skip(1).Select(r => Figures.Text(r.Key, r.Value)).FirstOrDefault();
        lock (_gate)
        {
            _metric = first is null ? "" : $"  {first}";
            _line.Clear();
            _line.Append(CultureInfo.InvariantCulture, $"evaluated after step {step}, epoch {epoch}/{totals.Epochs}:");
            foreach (var (name, value) in results)
            {
                _line.Append("  ").Append(Figures.Text(name, value));
            }

            Write(false, best ? "32" : null, best ? "  (best)" : "");
        }
    }

    /// <inheritdoc/>
    public void Durable(long step, string path) => Said($"checkpoint {step} durable: {path}");

    /// <inheritdoc/>
    public void NotDurable(long step, string reason) => Said($"The checkpoint of step {step} failed: {reason}");

    /// <inheritdoc/>
    public void Said(string line)
    {
        lock (_gate)
        {
            _line.Clear().Append(line);
            Write(false);
        }
    }

    private void Write(bool stays, string? code = null, string tail = "")
    {
        _line.Append(tail);
        var length = _line.Length;
        if (live)
        {
            // Blanks wipe what a longer line left behind.
            _line.Append(' ', Math.Max(0, _width - length)).Insert(0, '\r');
            _width = stays ? length : 0;
        }

        if (code is not null && colour)
        {
            _line.Insert(live ? 1 : 0, $"\u001b[{code}m").Append("\u001b[0m");
        }

        if (!stays)
        {
            _line.AppendLine();
        }

        output.Write(_line);
        output.Flush();
    }
}

/// <summary>The numbers behind the slash.</summary>
internal readonly record struct ProgressTotals(int Epochs, int Steps, int Batch, int Workers);
