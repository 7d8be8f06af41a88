using Backprop.Shared.Primitives;

namespace Backprop.Shared.Models;

/// <summary>
/// How much memory a run will take beside its data, part by part: said before anything is taken, because a process that takes too much is
/// killed without a word, perhaps after an hour.
/// </summary>
internal sealed class MemoryNeed
{
    private readonly List<(string What, long Bytes)> _parts = [];

    /// <summary>All parts together.</summary>
    public long Bytes => _parts.Sum(part => part.Bytes);

    /// <summary>One more part.</summary>
    /// <param name="what">What it is for.</param>
    /// <param name="floats">How many floats it has.</param>
    /// <param name="times">How often it is there.</param>
    public MemoryNeed And(string what, long floats, long times = 1)
    {
        if (floats > 0 && times > 0)
        {
            _parts.Add((what, floats * times * sizeof(float)));
        }

        return this;
    }

    /// <summary>The values between layers and their gradients, for a whole batch.</summary>
    public static long ValuesOf(Model model, int rows) =>
        rows * (model.Input.Volume + (2 * model.Nodes.Select(n => (n.Output, n.Layer.Output.Volume)).Distinct().Sum(v => (long)v.Volume)));

    /// <summary>Refuses a run that does not fit.</summary>
    /// <param name="whose">Begins the sentence.</param>
    /// <param name="available">How much memory there is.</param>
    /// <exception cref="UserException">It does not fit (exit code 2); the message has the sum.</exception>
    public void Require(string whose, long available)
    {
        if (Bytes > available)
        {
            var parts = string.Join(", ", _parts.Select(part => $"{part.What} {Primitives.Bytes.Text(part.Bytes)}"));
            throw new UserException(
                ExitCode.Usage,
                $"{whose} needs {Primitives.Bytes.Text(Bytes)} of memory ({parts}), but only {Primitives.Bytes.Text(available)} are free "
                + "here; make the model or the batch smaller, or use a machine with more memory.");
        }
    }
}
