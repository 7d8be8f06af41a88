namespace Backprop.Coordinator.Training;

/// <summary>What the command line says of a training, beside the run file: where it runs, never what comes out.</summary>
internal sealed record TrainOptions
{
    /// <summary>In-process workers, a slot each. At least 1.</summary>
    public required int Workers { get; init; }

    /// <summary>Worker processes instead, a slot each; 0: none.</summary>
    public int Processes { get; init; }

    /// <summary>How many workers there are, of either sort.</summary>
    public int WorkerCount => Processes > 0 ? Processes : Workers;

    /// <summary>A safetensors file with the first weights; null: they are made by the seed.</summary>
    public string? InitPath { get; init; }

    /// <summary>Goes on from the newest valid checkpoint.</summary>
    public bool Resume { get; init; }

    /// <summary>Deletes the run that is in the folder.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Writes a checkpoint after this step and stops; null: runs to the end.</summary>
    public int? StopAt { get; init; }

    /// <summary>The run's folder; null: the next free one, or the latest to resume.</summary>
    public string? RunFolder { get; init; }

    /// <summary>Waits until a checkpoint counts that is on this disk, by its step; null: it does then.</summary>
    public Action<long>? Agree { get; init; }

    /// <summary>Throws (exit code 10) where another goes on with the run, so that its end here is not the run's; null: none does.</summary>
    public Action? RequireLead { get; init; }

    /// <summary>So many first bytes of the ledger that is there are known to be whole: they are not read again.</summary>
    public long KnownLedger { get; init; }

    /// <summary>Where runs lie that were given no folder.</summary>
    public string RunsFolder { get; init; } = "runs";
}
