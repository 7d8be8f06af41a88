using System.Globalization;
using System.Text;
using Backprop.Coordinator.Embedded;

namespace Backprop.Coordinator.Progress;

/// <summary>
/// A line that changes in place on a terminal, plain lines elsewhere: epoch, step, loss, the first metric, samples per second, the time
/// left, workers. Events are lines of their own in both, and so are evaluations and checkpoints: of these the newest, once a second.
/// </summary>
internal sealed class ConsoleDisplay : IProgressDisplay, IDisposable
{
    private static readonly TimeSpan LiveEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PlainEvery = TimeSpan.FromSeconds(10);
    private readonly TextWriter _output;
    private readonly bool _live;
    private readonly bool _colour;
    private readonly ProgressTotals _totals;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly StringBuilder _line = new(160);
    private readonly TimeSpan _every;
    private readonly Newest<(string Line, bool Best)> _evaluations;
    private readonly Newest<string> _checkpoints;
    private long _shown;
    private int _width;
    private volatile string _metric = "";

    /// <param name="output">Where it is written: stderr.</param>
    /// <param name="live">True on a terminal.</param>
    /// <param name="colour">True where colour is welcome.</param>
    public ConsoleDisplay(TextWriter output, bool live, bool colour, ProgressTotals totals, TimeProvider time)
    {
        (_output, _live, _colour, _totals, _time) = (output, live, colour, totals, time);
        _every = live ? LiveEvery : PlainEvery;
        _shown = time.GetTimestamp();
        _evaluations = new(time, line => Say(line.Line, line.Best ? "32" : null));
        _checkpoints = new(time, Said);
    }

    /// <inheritdoc/>
    public void Step(in StepReport step, double samplesPerSecond)
    {
        if (_time.GetElapsedTime(_shown) < _every)
        {
            return;
        }

        _shown = _time.GetTimestamp();
        lock (_gate)
        {
            _line.Clear();
            var samplesLeft = (_totals.Steps - step.Step) * (double)_totals.Batch;
            var left = TimeSpan.FromSeconds(samplesPerSecond > 0 ? samplesLeft / samplesPerSecond : 0);
            _line.Append(CultureInfo.InvariantCulture, $"epoch {step.Epoch}/{_totals.Epochs}  step {step.Step}/{_totals.Steps}");
            _line.Append(CultureInfo.InvariantCulture, $"  loss {step.Loss:F4}{_metric}  {samplesPerSecond:N0} samples/s");
            _line.Append(CultureInfo.InvariantCulture, $"  ETA {left:hh\\:mm\\:ss}  workers {_totals.Workers}");
            Write(_live);
        }
    }

    /// <inheritdoc/>
    public void Evaluated(int step, int epoch, IReadOnlyDictionary<string, double> results, bool best)
    {
        var first = results.Skip(1).Select(r => Figures.Text(r.Key, r.Value)).FirstOrDefault();
        _metric = first is null ? "" : $"  {first}";
        var figures = string.Concat(results.Select(r => $"  {Figures.Text(r.Key, r.Value)}"));
        _evaluations.Offer(($"evaluated after step {step}, epoch {epoch}/{_totals.Epochs}:{figures}{(best ? "  (best)" : "")}", best));
    }

    /// <inheritdoc/>
    public void Durable(long step, string path) => _checkpoints.Offer($"checkpoint {step} durable: {path}");

    /// <inheritdoc/>
    public void NotDurable(long step, string reason)
    {
        _checkpoints.ShowHeld();
        Said($"The checkpoint of step {step} failed: {reason}");
    }

    /// <inheritdoc/>
    public void Said(string line) => Say(line, null);

    /// <summary>Shows the last evaluation and checkpoint, before the end is told.</summary>
    public void Dispose()
    {
        _evaluations.Dispose();
        _checkpoints.Dispose();
    }

    private void Say(string line, string? code)
    {
        lock (_gate)
        {
            _line.Clear().Append(line);
            Write(false, code);
        }
    }

    private void Write(bool stays, string? code = null)
    {
        var length = _line.Length;
        if (_live)
        {
            // Blanks wipe what a longer line left behind.
            _line.Append(' ', Math.Max(0, _width - length)).Insert(0, '\r');
            _width = stays ? length : 0;
        }

        if (code is not null && _colour)
        {
            _line.Insert(_live ? 1 : 0, $"\u001b[{code}m").Append("\u001b[0m");
        }

        if (!stays)
        {
            _line.AppendLine();
        }

        _output.Write(_line);
        _output.Flush();
    }
}

/// <summary>The numbers behind the slash.</summary>
internal readonly record struct ProgressTotals(int Epochs, int Steps, int Batch, int Workers);
