namespace Backprop.Tests.Simulation.Record;

/// <summary>A defect put into a record's world on purpose, to see that the checks can fail.</summary>
internal enum RecordSabotage
{
    None,

    /// <summary>A promise is on the disk only with the next entry.</summary>
    PromiseNotSaved,

    /// <summary>What follows from a state is said before it is saved.</summary>
    SaidBeforeSaved,

    /// <summary>Who asks for a promise tells the term that it has promised, and not that of its last entry.</summary>
    PositionOfPromise,

    /// <summary>An order is acknowledged when the leader has it.</summary>
    AcknowledgedEarly,

    /// <summary>A term is promised to everybody who asks.</summary>
    PromisedTwice,

    /// <summary>Entries are taken whatever is before them.</summary>
    BeforeNotChecked,

    /// <summary>Entries are taken without their files.</summary>
    FilesNotFetched,

    /// <summary>Files are lost in a crash.</summary>
    FilesNotSaved,

    /// <summary>Entries of earlier terms are committed when a majority has them.</summary>
    EarlierTermsCounted,

    /// <summary>Any voters may be named at any time.</summary>
    VotersAtWill,

    /// <summary>The last entry is lost in a crash.</summary>
    LastEntryNotSaved,

    /// <summary>A leader that hears nobody goes on.</summary>
    LeaderNeverCeases,

    /// <summary>Nobody looks for promises but who founded the cluster.</summary>
    NobodyTries,

    /// <summary>All nodes wait the same time, and look at the same moments.</summary>
    SamePause,
}
