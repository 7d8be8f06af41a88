namespace Backprop.Shared.Actors;

/// <summary>What is done with each message of a <see cref="Mailbox{T}"/>; one message at a time, whichever thread it is.</summary>
internal interface IMailboxHandler<T>
{
    /// <summary>Takes one message. It may post to the same mailbox; what it posts is handled after it returns.</summary>
    void Handle(in T message);
}
