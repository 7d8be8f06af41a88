using Backprop.Shared.Actors;
using Backprop.Shared.Protocol;
using Backprop.Worker.Core;

namespace Backprop.Worker.Shell;

/// <summary>
/// The worker's core behind one mailbox: whoever tells it something has its shell perform what follows, one input at a time, or leaves
/// that to the thread that is at it.
/// </summary>
/// <param name="queueMaximum">The most assignments that can wait.</param>
internal sealed class WorkerMailbox(IWorkerEffects shell, int queueMaximum)
{
    /// <summary>Whoever posts drains: messages wait only while another thread says that this worker goes.</summary>
    private const int Capacity = 256;

    private readonly Mailbox<WorkerInput> _mailbox = new(Capacity);
    private Handler _handler = new(shell, new WorkerState(queueMaximum), new EffectList<WorkerEffect>());

    /// <summary>Tells the core what happened. From any thread.</summary>
    /// <exception cref="LinkClosedException">More came than can wait, or the shell found the connection over.</exception>
    public void Tell(in WorkerInput input)
    {
        if (!_mailbox.TryPost(in input))
        {
            throw new LinkClosedException("More came than can wait while this worker says that it goes.");
        }

        _mailbox.Drain(ref _handler);
    }

    private readonly struct Handler(IWorkerEffects shell, WorkerState state, EffectList<WorkerEffect> effects)
        : IMailboxHandler<WorkerInput>
    {
        public void Handle(in WorkerInput message)
        {
            WorkerCore.Advance(state, in message, effects);
            WorkerEffectRunner.Perform(effects, shell);
        }
    }
}
