using Backprop.Shared.Gradients;

namespace Backprop.Worker.Core;

/// <summary>What a worker wants done; <see cref="IWorkerEffects"/> says what each of them is.</summary>
internal enum WorkerEffectKind
{
    Compute,
    Renumber,
    Abandon,
    Answer,
    Withdraw,
    WithdrawUpTo,
    Leave,
    End,
}

/// <summary>One order. A tagged value: the fields that a kind does not name are 0.</summary>
internal readonly record struct WorkerEffect
{
    /// <summary>What is to be done.</summary>
    public WorkerEffectKind Kind { get; private init; }

    /// <summary>What it is about.</summary>
    public Assignment Assignment { get; private init; }

    /// <summary>Of an answer: whether every element is finite.</summary>
    public bool Finite { get; private init; }

    /// <summary>The last of the steps that are over.</summary>
    public int Step { get; private init; }

    public static WorkerEffect Compute(in Assignment assignment) =>
        new() { Kind = WorkerEffectKind.Compute, Assignment = assignment };

    public static WorkerEffect Renumber(in Assignment assignment) =>
        new() { Kind = WorkerEffectKind.Renumber, Assignment = assignment };

    public static WorkerEffect Abandon() => new() { Kind = WorkerEffectKind.Abandon };

    public static WorkerEffect Answer(in Assignment assignment, bool finite) =>
        new() { Kind = WorkerEffectKind.Answer, Assignment = assignment, Finite = finite };

    public static WorkerEffect Withdraw(in Assignment assignment) =>
        new() { Kind = WorkerEffectKind.Withdraw, Assignment = assignment };

    public static WorkerEffect WithdrawUpTo(int step) => new() { Kind = WorkerEffectKind.WithdrawUpTo, Step = step };

    public static WorkerEffect Leave() => new() { Kind = WorkerEffectKind.Leave };

    public static WorkerEffect End() => new() { Kind = WorkerEffectKind.End };
}
