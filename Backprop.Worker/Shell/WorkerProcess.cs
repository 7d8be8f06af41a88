using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Training;
using Google.Protobuf;

namespace Backprop.Worker.Shell;

/// <summary>
/// A worker's life: find the coordinator, make ready for its run, serve; when the connection is lost, the same again, with pauses that
/// grow. Nothing that it keeps has a meaning for the run.
/// </summary>
/// <param name="say">One line for people.</param>
internal sealed class WorkerProcess(WorkerOptions options, Action<string> say, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LaterPatience = TimeSpan.FromSeconds(300);

    /// <summary>How long a coordinator may take to close after it was told that this worker goes.</summary>
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(1);

    private readonly EngineLoader _engines = new(options, say, time);
    private readonly ByteString _instance = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(Handshake.InstanceBytes));
    private readonly ManualResetEventSlim _stopping = new();
    private readonly Lock _gate = new();
    private FrameLink? _link;
    private WorkerShell? _serving;
    private Deadline? _farewell;
    private ExitCode _stopCode;
    private long _incarnation;
    private bool _wasWelcome;

    private bool IsStopping => _stopping.IsSet;

    /// <summary>Works until the run is over.</summary>
    /// <exception cref="UserException">It cannot, or was sent away: the sentence and the exit code.</exception>
    public ExitCode Run()
    {
        var backOff = new BackOff(BinaryPrimitives.ReadUInt64LittleEndian(_instance.Span));
        var lostAt = time.GetTimestamp();
        var everWelcome = false;
        var last = "";
        while (!IsStopping)
        {
            string reason;
            _wasWelcome = false;
            try
            {
                say($"the run is over: {WireText.Sentence(Serve())}");
                return ExitCode.Done;
            }
            catch (RunEndedException ended)
            {
                say($"the run is over: {WireText.Sentence(ended.Status)}");
                return ExitCode.Done;
            }
            catch (Exception exception) when (exception is LinkClosedException or ProtocolException)
            {
                reason = Shown.Reason(exception);
            }

            if (IsStopping)
            {
                break;
            }

            if (_wasWelcome)
            {
                everWelcome = true;
                lostAt = time.GetTimestamp();
                backOff.Reset();
            }

            GiveUpAfter(options.GiveUp ?? (everWelcome ? LaterPatience : FirstPatience), lostAt, reason);
            var pause = backOff.Next();
            if (reason != last || _wasWelcome)
            {
                var what = _wasWelcome ? "lost the coordinator" : "no coordinator yet";
                say(string.Create(CultureInfo.InvariantCulture, $"{what}: {reason}; next try in {pause.TotalSeconds:F2} s"));
                last = reason;
            }

            _stopping.Wait(pause);
        }

        return _stopCode;
    }

    /// <summary>Ends it: what was assigned is handed back. From any thread; the first code counts.</summary>
    public void Stop(ExitCode code, string reason)
    {
        lock (_gate)
        {
            if (IsStopping)
            {
                return;
            }

            _stopCode = code;
            _stopping.Set();
            if (_link is not { } link)
            {
                return;
            }

            if (_serving is not { } serving)
            {
                link.Close();
                return;
            }

            // Closes the link even where saying so waits for a socket that takes no more.
            _farewell = new Deadline(FarewellTimeout, time, link.Close);
            try
            {
                serving.Leave(reason);
            }
            catch (LinkClosedException)
            {
                // It is gone already.
            }
        }
    }

    public void Dispose()
    {
        _farewell?.Dispose();
        _engines.Dispose();
        _stopping.Dispose();
    }

    private void GiveUpAfter(TimeSpan patience, long lostAt, string reason)
    {
        var tried = time.GetElapsedTime(lostAt);
        if (tried >= patience)
        {
            throw new UserException(
                ExitCode.Unreachable,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"No coordinator at {options.Coordinator} for {tried.TotalSeconds:F0} s ({reason}); check the address, or start it."));
        }
    }

    /// <summary>One connection, from the first byte to the run's end.</summary>
    private string Serve()
    {
        using var link = new FrameLink(Dialer.Connect(options.Coordinator, time), new FrameScanner(FrameLimits.Greeting), time);
        Attach(link);
        LinkHeartbeat? heartbeat = null;
        SpanEngine? engine = null;
        WorkerShell? worker = null;
        try
        {
            var join = new JoinProtocol(link, options.Token);
            var welcome = Greet(join, link);
            heartbeat = new LinkHeartbeat(link, Liveness.Of(welcome), time);
            engine = Prepare(join, link);
            engine.Shared = SharedRun.TryOpen(welcome.Memory, link.PeerProcess, engine.Partitions.Length);
            var speed = _engines.Warm();
            worker = new WorkerShell(link, engine);
            Attach(link, worker);
            link.Send(FrameKind.Ready, new Ready { Speed = speed, Shares = engine.Shared is not null });
            say(string.Create(
                CultureInfo.InvariantCulture,
                $"ready: {new Quantity(engine.Run.Model.Layout.Count, "parameter")}, {new Quantity(options.Slots, "slot")}, "
                + $"{speed:N0} samples/s in the warm-up"));
            return worker.Serve();
        }
        catch (LinkClosedException) when (heartbeat?.Reason is { } silence)
        {
            throw new LinkClosedException(silence);
        }
        finally
        {
            Attach(null);
            link.Close();
            worker?.Dispose();
            engine?.StopSharing();
            heartbeat?.Dispose();
        }
    }

    private Welcome Greet(JoinProtocol join, FrameLink link)
    {
        using var deadline = new Deadline(options.GreetingTimeout, time, link.Close);
        try
        {
            var welcome = join.Greet(
                new WorkerIdentity(options.Name, _instance, ++_incarnation, options.Slots, _engines.Identity));
            _wasWelcome = true;
            say($"connected to {options.Coordinator} as worker {welcome.Worker} of the run {WireText.Name(welcome.Run)}");
            return welcome;
        }
        catch (LinkClosedException) when (deadline.HasPassed)
        {
            throw new LinkClosedException($"{options.Coordinator} accepted the connection, but did not answer in time");
        }
    }

    private SpanEngine Prepare(JoinProtocol join, FrameLink link)
    {
        try
        {
            return _engines.For(join.ReceiveRun(), join.Fetch);
        }
        catch (UserException problem)
        {
            using var deadline = new Deadline(FarewellTimeout, time, link.Close);
            join.Fail(problem.Message);
            throw;
        }
    }

    private void Attach(FrameLink? link, WorkerShell? serving = null)
    {
        lock (_gate)
        {
            (_link, _serving) = (link, serving);
            if (IsStopping)
            {
                link?.Close();
            }
        }
    }
}
