using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Orders;

/// <summary>What an order comes to.</summary>
/// <param name="Entry">What is to be written down; null: nothing.</param>
/// <param name="Said">What was ordered, for who ordered it.</param>
/// <param name="Asks">The run that is to do something at once that no record keeps: write a checkpoint.</param>
internal readonly record struct Verdict(OrderEntry? Entry, string Said, QueuedRun? Asks = null);

/// <summary>Judges what people order of a cluster, from its book and its nodes. Pure.</summary>
/// <param name="names">The names of all nodes, and of their workers.</param>
/// <param name="runsWorkers">Whether a node is there that may run workers.</param>
internal sealed class OrderJudge(OrderBook book, IReadOnlySet<string> names, bool runsWorkers)
{
    /// <summary>Instead of a number of workers: each node runs its own.</summary>
    public const int OwnNumbers = -1;

    /// <summary>More workers are not spread.</summary>
    public const int WorkersMaximum = 4096;

    /// <summary>So many runs may wait for their turn: each is a file, and lines of the record.</summary>
    public const int WaitingMaximum = 1000;

    /// <summary>Whether one more run may be submitted.</summary>
    /// <exception cref="UserException">Too many wait already (exit code 2).</exception>
    public static void RequirePlace(OrderBook book)
    {
        if (book.Runs.Count(run => !run.State.IsEnded()) >= WaitingMaximum)
        {
            throw Refused($"{WaitingMaximum} runs wait already; submit this one when some have ended, or stop others.");
        }
    }

    /// <summary>Whether an order can be followed, and what it comes to.</summary>
    /// <exception cref="UserException">It cannot: why, and what to do (exit code 2).</exception>
    public Verdict Judge(Order order) => order.WhatCase switch
    {
        Order.WhatOneofCase.Scale => Scale(order.Scale),
        Order.WhatOneofCase.Drain => Drain(order.Drain),
        Order.WhatOneofCase.Undrain => Undrain(order.Undrain),
        Order.WhatOneofCase.Checkpoint => Checkpoint(),
        Order.WhatOneofCase.Pause => Pause(),
        Order.WhatOneofCase.Resume => Resume(),
        Order.WhatOneofCase.Stop => Stop(order.Stop),
        Order.WhatOneofCase.None => throw Refused("The order is none that this version knows; install the same version on both sides."),
    };

    private static UserException Refused(string sentence) => new(ExitCode.Usage, sentence);

    private Verdict Scale(int workers) => workers == OwnNumbers
        ? book.Scale is null
            ? new(null, "each node runs its own number of workers already")
            : new(new OrderEntry(EntryKind.Scaled) { Count = OwnNumbers }, "each node runs its own number of workers from now on")
        : workers is not (>= 0 and <= WorkersMaximum)
        ? throw Refused($"A cluster runs 0 to {WorkersMaximum} workers, not {workers}.")
        : book.Scale == workers
            ? new(null, $"the cluster runs {new Quantity(workers, "worker")} already")
            : new(
                new OrderEntry(EntryKind.Scaled) { Count = workers },
                $"the cluster runs {new Quantity(workers, "worker")} from now on"
                + (runsWorkers ? "" : "; but no node of it has the role worker yet"));

    private Verdict Drain(string name)
    {
        if (!names.Contains(name))
        {
            throw Refused(
                $"No node or worker process of one is called '{WireText.Name(name)}'; 'backprop nodes' and 'backprop workers' list the "
                + "names. A worker that was started by hand is ended with Ctrl+C.");
        }

        return book.Drained.Contains(name)
            ? new(null, $"{name} is drained already")
            : new(new OrderEntry(EntryKind.Drained) { Name = name }, $"{name} finishes what it has and computes no more");
    }

    private Verdict Undrain(string name) => book.Drained.Contains(name)
        ? new(new OrderEntry(EntryKind.Undrained) { Name = name }, $"{name} computes again")
        : throw Refused($"'{WireText.Name(name)}' is not drained; 'backprop nodes' and 'backprop workers' show what is.");

    private Verdict Checkpoint()
    {
        var run = Running();
        return new(null, $"{run.Id} writes a checkpoint after this step", run);
    }

    private Verdict Pause()
    {
        var run = Running();
        return run.PauseOrdered
            ? new(null, $"{run.Id} is paused already")
            : new(new OrderEntry(EntryKind.Paused) { Of = run.Id }, $"{run.Id} pauses after this step, with a checkpoint");
    }

    private Verdict Resume()
    {
        var run = Running();
        return run.PauseOrdered
            ? new(new OrderEntry(EntryKind.Resumed) { Of = run.Id }, $"{run.Id} goes on")
            : new(null, $"{run.Id} is not paused");
    }

    private Verdict Stop(string name)
    {
        var run = book.Find(name) ?? throw Refused(name.Length == 0
            ? "There is no run to stop; 'backprop status' shows what the cluster does."
            : $"There is no run '{WireText.Name(name)}' that could be stopped; 'backprop status' lists the runs.");
        return run.State.IsEnded() ? throw Refused($"The run {run.Id} has ended already: {run.State.Word()}.{NewerThan(run)}")
            : run.StopOrdered ? new(null, $"{run.Id} is stopping already")
            : new(
                new OrderEntry(EntryKind.StopOrdered) { Of = run.Id },
                run.HasBegun ? $"{run.Id} stops after this step, with a checkpoint" : $"{run.Id} is taken from the queue");
    }

    /// <summary>An id is only ever one run's, so that an order which is given twice does not stop the next of that name.</summary>
    private string NewerThan(QueuedRun ended) =>
        book.Runs.LastOrDefault(run => run.Name == ended.Name && !run.State.IsEnded()) is { } newer
            ? $" To stop {newer.Id}, name it so." : "";

    private QueuedRun Running() => book.Current is { HasBegun: true } run ? run : throw Refused(
        "There is no run for that; 'backprop status' shows what the cluster does.");
}
