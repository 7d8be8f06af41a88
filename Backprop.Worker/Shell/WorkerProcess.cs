using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Worker.Training;
using Google.Protobuf;

namespace Backprop.Worker.Shell;

/// <summary>
/// A worker's life: find the coordinator, make ready for its run, serve; when the connection is lost, the same again, with pauses that
/// grow. Nothing that it keeps has a meaning for the run.
/// </summary>
/// <param name="say">One line for people.</param>
/// <param name="changed">Told each time that it is ready for a run (true), or waits for one (false); null: nobody needs to know.</param>
internal sealed class WorkerProcess(WorkerOptions options, Action<string> say, TimeProvider time, Action<bool>? changed = null)
    : IDisposable
{
    private const int InstanceBytes = 16;

    /// <summary>How long a coordinator may take to close after it was told that this worker goes.</summary>
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(1);

    private readonly EngineLoader _engines = new(options, say, time);
    private readonly ByteString _instance = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(InstanceBytes));
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private JoinPatience? _patience;
    private FrameLink? _link;
    private WorkerShell? _serving;
    private Deadline? _farewell;
    private ExitCode _stopCode;
    private long _incarnation;
    private string _clusterSeen = "";
    private long _termSeen;
    private bool _wasWelcome;
    private bool? _isReady;

    private bool IsStopping => _stopping.IsCancellationRequested;

    private JoinPatience Patience => _patience ??= new JoinPatience(
        options, BinaryPrimitives.ReadUInt64LittleEndian(_instance.Span), time.GetTimestamp(), time);

    /// <summary>Works until the run is over; where it stays, until it is stopped.</summary>
    /// <exception cref="UserException">It cannot, or was sent away: the sentence and the exit code.</exception>
    public ExitCode Run()
    {
        var last = "";
        while (!IsStopping)
        {
            _wasWelcome = false;
            Become(ready: false);
            var problem = Attempt();
            if (problem is null && !options.Stays)
            {
                return ExitCode.Done;
            }

            if (IsStopping)
            {
                break;
            }

            var reason = problem is null ? "" : Shown.Reason(problem);
            var pause = Patience.After(problem, reason, _wasWelcome, time.GetTimestamp());
            if (problem is not null && (reason != last || _wasWelcome))
            {
                var what = _wasWelcome ? "lost the coordinator" : "no coordinator yet";
                say(string.Create(CultureInfo.InvariantCulture, $"{what}: {reason}; next try in {pause.TotalSeconds:F2} s"));
            }

            last = reason;
            _stopping.Token.WaitHandle.WaitOne(pause);
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
            _stopping.Cancel();
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

    /// <summary>One coordinator, from the first word to the run's end.</summary>
    /// <returns>Why the run went on without this worker; null: it is over.</returns>
    private Exception? Attempt()
    {
        try
        {
            say($"the run is over: {WireText.Sentence(Serve())}");
            return null;
        }
        catch (RunEndedException ended)
        {
            say($"the run is over: {WireText.Sentence(ended.Status)}");
            return null;
        }
        catch (Exception exception) when (exception is LinkClosedException or ProtocolException or NoCoordinatorException)
        {
            return exception;
        }
        catch (OperationCanceledException exception) when (IsStopping)
        {
            return exception;
        }
    }

    private string Serve()
    {
        using var join = options.IsLocal ? new LocalJoin(options.Coordinators[0], options.GreetingTimeout, time) : OverNetwork();
        var joined = join.Enter(Request, _stopping.Token);
        using var link = joined.Link;
        Attach(link);
        Welcome(joined);
        var heartbeat = new LinkHeartbeat(link, joined.Liveness, time);
        SpanEngine? engine = null;
        WorkerShell? worker = null;
        try
        {
            engine = Prepare(joined);
            join.Dispose();
            engine.Shared = link.IsLocal ? SharedRun.TryOpen(joined.Reply.Memory, link.PeerProcess, engine.Partitions.Length) : null;
            var speed = _engines.Warm();
            worker = new WorkerShell(link, engine);
            Attach(link, worker);
            link.Send(FrameKind.Ready, new Ready { Speed = speed, Shares = engine.Shared is not null });
            SayReady(engine, speed);
            return worker.Serve();
        }
        catch (LinkClosedException) when (heartbeat.Reason is { } silence)
        {
            throw new LinkClosedException(silence);
        }
        finally
        {
            Attach(null);
            link.Close();
            worker?.Dispose();
            engine?.StopSharing();
            heartbeat.Dispose();
        }
    }

#pragma warning disable CA1859 // Apart and by its interface, so that what it needs is loaded only where it is used.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private IJoin OverNetwork() => new NetworkJoin(options, time);
#pragma warning restore CA1859

    private JoinRequest Request() => new()
    {
        Protocol = FrameFormat.ProtocolVersion,
        Numerics = NumericsVersion.Current,
        Version = ProgramVersion.Text,
        Name = options.Name,
        Instance = _instance,
        Incarnation = ++_incarnation,
        Slots = options.Slots,
        Identity = _engines.Identity,
        ClusterSeen = _clusterSeen,
        TermSeen = _termSeen,
        PatienceSeconds = Patience.ForARun(time.GetTimestamp()).TotalSeconds,
    };

    private void Welcome(JoinedLink joined)
    {
        var reply = joined.Reply;
        (_wasWelcome, _clusterSeen, _termSeen) = (true, reply.Cluster, reply.Term);
        say($"connected to {joined.Address} as worker {reply.Worker} of the run {WireText.Name(reply.Run)}");
    }

    private SpanEngine Prepare(JoinedLink joined)
    {
        var (link, reply) = (joined.Link, joined.Reply);
        try
        {
            return _engines.For(RunOffer.From(reply.Offer, reply.RunFile.Span), joined.Fetch, _stopping.Token);
        }
        catch (UserException problem)
        {
            using var deadline = new Deadline(FarewellTimeout, time, link.Close);
            LastWords.Fail(link, problem.Message);
            throw;
        }
        catch (NoCoordinatorException)
        {
            // Who sends no files any more may have said on the link why.
            using var deadline = new Deadline(FarewellTimeout, time, link.Close);
            throw LastWords.Await(link) ?? new LinkClosedException("the coordinator does not send its data files any more");
        }
    }

    private void SayReady(SpanEngine engine, double speed)
    {
        say(string.Create(
            CultureInfo.InvariantCulture,
            $"ready: {new Quantity(engine.Run.Model.Layout.Count, "parameter")}, {new Quantity(options.Slots, "slot")}, "
            + $"{speed:N0} samples/s in the warm-up"));
        Become(ready: true);
    }

    private void Become(bool ready)
    {
        if (_isReady != ready)
        {
            _isReady = ready;
            changed?.Invoke(ready);
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
