using Backprop.Coordinator.Core;
using Backprop.Shared.Actors;

namespace Backprop.Coordinator.Shell;

/// <summary>
/// The core behind one mailbox. Anybody posts; whoever drains gives the core one input at a time and has the shell perform, in list order,
/// what the core wants. A step allocates nothing here.
/// </summary>
internal sealed class CoreMailbox : IDisposable
{
    private readonly EffectList<Effect> _effects = new();
    private readonly Mailbox<Input> _mailbox;
    private readonly ManualResetEventSlim _bell = new();
    private readonly Rules _rules;
    private long _deadline = long.MaxValue;
    private ICoordinatorShell? _shell;
    private Handler _handler;
    private volatile bool _isOver;

    /// <param name="state">The core's, from now on touched by whoever drains alone.</param>
    /// <param name="rules">What the core decides by.</param>
    /// <param name="capacity">The most inputs that can wait.</param>
    public CoreMailbox(CoordinatorState state, Rules rules, int capacity)
    {
        (State, _rules) = (state, rules);
        _mailbox = new Mailbox<Input>(capacity);
        _handler = new Handler(this);
    }

    /// <summary>What the core remembers. For whoever drains; others read counts that may be a moment old.</summary>
    public CoordinatorState State { get; }

    /// <summary>Nothing is given to the core any more.</summary>
    public bool IsOver => _isOver;

    /// <summary>When the core wants to be told the time, as the shell reckons it; null: it does not.</summary>
    public TimeSpan? Deadline => Volatile.Read(ref _deadline) is var ticks && ticks == long.MaxValue ? null : TimeSpan.FromTicks(ticks);

    /// <summary>Says who performs the effects; to be called once, before the first input is acted on.</summary>
    public void PerformWith(ICoordinatorShell shell) => _shell = shell;

    /// <summary>Leaves an input for whoever drains, now or next; nobody is woken for it.</summary>
    /// <exception cref="InvalidOperationException">The mailbox is full.</exception>
    public void Post(in Input input)
    {
        if (!_mailbox.TryPost(in input))
        {
            throw new InvalidOperationException("The coordinator's mailbox is full.");
        }
    }

    /// <summary>Leaves an input and rings for whoever waits. From any thread that must not act on it itself.</summary>
    /// <exception cref="InvalidOperationException">The mailbox is full.</exception>
    public void PostAndRing(in Input input)
    {
        Post(in input);
        _bell.Set();
    }

    /// <summary>Leaves an input. From any thread; the caller may become the one who acts on it.</summary>
    /// <exception cref="InvalidOperationException">The mailbox is full.</exception>
    public void PostAndDrain(in Input input)
    {
        Post(in input);
        Drain();
    }

    /// <summary>Acts on all that waits, unless somebody else is at it.</summary>
    public void Drain() => _mailbox.Drain(ref _handler);

    /// <summary>Waits until somebody rings.</summary>
    /// <returns>False where nobody has within the limit.</returns>
    public bool Wait(TimeSpan limit) => _bell.Wait(limit);

    /// <summary>From now on a ring is a new one.</summary>
    public void Reset() => _bell.Reset();

    /// <summary>The run is over: what still comes is not given to the core.</summary>
    public void Close()
    {
        _isOver = true;
        _bell.Set();
    }

    /// <inheritdoc/>
    public void Dispose() => _bell.Dispose();

    private void Act(in Input input)
    {
        var shell = _shell!;
        var now = shell.Now;
        shell.Receives(in input);
        var reason = CoordinatorCore.Advance(State, in input, now, _rules, _effects);

        // What happened is told before what is done about it.
        shell.Decided(in input, reason);
        for (var i = 0; i < _effects.Count; i++)
        {
            _effects[i].PerformOn(shell);
        }

        shell.Performed(in input);
        Volatile.Write(ref _deadline, CoordinatorCore.NextDeadline(State, _rules)?.Ticks ?? long.MaxValue);
    }

    /// <summary>A value, so that draining the mailbox allocates nothing.</summary>
    private readonly struct Handler(CoreMailbox core) : IMailboxHandler<Input>
    {
        public void Handle(in Input message)
        {
            if (core._isOver)
            {
                return;
            }

            try
            {
                core.Act(in message);
            }
            catch (Exception exception) when (core._shell!.TryEndAfter(exception))
            {
                core.Close();
            }
        }
    }
}
