using System.Globalization;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Worker.Shell;

/// <summary>
/// For how long a coordinator is looked for, and how long each pause is. Pure: all times are handed in, the provider only subtracts.
/// </summary>
/// <param name="options">Whom to look for, and whether to give up.</param>
/// <param name="seed">Of the pauses: another one for each process.</param>
/// <param name="beganAt">A timestamp of the time provider.</param>
internal sealed class JoinPatience(WorkerOptions options, ulong seed, long beganAt, TimeProvider time)
{
    private static readonly TimeSpan BeforeTheFirst = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AfterOne = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan LongestForARun = TimeSpan.FromSeconds(20);

    /// <summary>After an answer: somebody is there, and soon knows more.</summary>
    private static readonly TimeSpan AfterAnAnswer = TimeSpan.FromSeconds(0.2);

    private readonly BackOff _backOff = new(seed);
    private long _lostAt = beganAt;
    private bool _wasEverWelcome;

    private TimeSpan Whole => options.GiveUp ?? (_wasEverWelcome ? AfterOne : BeforeTheFirst);

    /// <summary>How long a coordinator that has no run yet may let this worker wait for one.</summary>
    public TimeSpan ForARun(long now)
    {
        if (options.Stays)
        {
            return LongestForARun;
        }

        var rest = Whole - time.GetElapsedTime(_lostAt, now);
        return rest < LongestForARun ? TimeSpan.FromTicks(Math.Max(0, rest.Ticks)) : LongestForARun;
    }

    /// <summary>The pause before the next attempt.</summary>
    /// <param name="problem">Why the last one failed; null: the run is over.</param>
    /// <param name="reason">The same, for people.</param>
    /// <param name="wasWelcome">It had begun well.</param>
    /// <param name="now">A timestamp of the time provider.</param>
    /// <exception cref="UserException">It is time to give up.</exception>
    public TimeSpan After(Exception? problem, string reason, bool wasWelcome, long now)
    {
        if (wasWelcome)
        {
            (_wasEverWelcome, _lostAt) = (true, now);
            _backOff.Reset();
        }

        var tried = time.GetElapsedTime(_lostAt, now);
        if (!options.Stays && tried >= Whole)
        {
            throw new UserException(
                ExitCode.Unreachable,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"No coordinator at {string.Join(", ", options.Coordinators)} for {tried.TotalSeconds:F0} s ({reason}); check the "
                    + $"address, or start it."));
        }

        return problem is null or NoCoordinatorException { IsAnswer: true } ? AfterAnAnswer : _backOff.Next();
    }
}
