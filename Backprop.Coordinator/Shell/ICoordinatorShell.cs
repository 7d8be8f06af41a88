using Backprop.Coordinator.Core;

namespace Backprop.Coordinator.Shell;

/// <summary>A shell around the core: it performs the effects, and sees each input before and after the core decides.</summary>
internal interface ICoordinatorShell : ICoordinatorEffects
{
    /// <summary>The time that the core is told; it never goes back.</summary>
    TimeSpan Now { get; }

    /// <summary>An input is about to be given to the core.</summary>
    void Receives(in Input input);

    /// <summary>The core has decided; nothing has been done about it yet.</summary>
    void Decided(in Input input, Reason reason);

    /// <summary>Everything that the core wanted has been done.</summary>
    void Performed(in Input input);

    /// <summary>Something in the shell threw.</summary>
    /// <returns>Whether the run has been ended for it; otherwise the exception goes on to whoever drains the mailbox.</returns>
    bool TryEndAfter(Exception exception);
}
