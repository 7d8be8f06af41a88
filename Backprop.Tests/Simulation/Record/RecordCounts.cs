namespace Backprop.Tests.Simulation.Record;

/// <summary>What has happened in a world, to see that thousands of them reach what they are there for.</summary>
internal sealed class RecordCounts
{
    public int Lost { get; set; }

    public int Doubled { get; set; }

    public int Crashes { get; set; }

    public int CrashesAtSave { get; set; }

    public int CrashesOfAll { get; set; }

    public int Freezes { get; set; }

    public int Cuts { get; set; }

    public int Gone { get; set; }

    public int Resigned { get; set; }

    public int SavesFailed { get; set; }

    public int Fetched { get; set; }

    public int Leaders { get; set; }

    /// <summary>Moments at which a node began to lead while another still believed that it did.</summary>
    public int LeadersBesideOthers { get; set; }

    public int Acknowledged { get; set; }

    public int Durable { get; set; }

    /// <summary>Changes of the voters that were committed.</summary>
    public int Configured { get; set; }

    /// <summary>Times that a node cut off entries which a later leader did not have.</summary>
    public int CutOff { get; set; }

    /// <summary>How long it took, after all was healed, until all was well, in microseconds.</summary>
    public long Recovery { get; set; }

    public void Add(RecordCounts other)
    {
        (Lost, Doubled) = (Lost + other.Lost, Doubled + other.Doubled);
        (Crashes, CrashesAtSave) = (Crashes + other.Crashes, CrashesAtSave + other.CrashesAtSave);
        (CrashesOfAll, Freezes) = (CrashesOfAll + other.CrashesOfAll, Freezes + other.Freezes);
        (Cuts, Gone, Resigned) = (Cuts + other.Cuts, Gone + other.Gone, Resigned + other.Resigned);
        (SavesFailed, Fetched) = (SavesFailed + other.SavesFailed, Fetched + other.Fetched);
        (Leaders, LeadersBesideOthers) = (Leaders + other.Leaders, LeadersBesideOthers + other.LeadersBesideOthers);
        (Acknowledged, Durable) = (Acknowledged + other.Acknowledged, Durable + other.Durable);
        (Configured, CutOff) = (Configured + other.Configured, CutOff + other.CutOff);
        Recovery = Math.Max(Recovery, other.Recovery);
    }

    public override string ToString() =>
        $"{Leaders} leaders ({LeadersBesideOthers} beside another), {Acknowledged} acknowledged, {Durable} durable, {Configured} changes "
        + $"of voters, {CutOff} cut off; {Crashes} crashes ({CrashesAtSave} at a save, {CrashesOfAll} of all), {Freezes} freezes, {Cuts} "
        + $"cuts, {Gone} gone, {Resigned} resigned, {SavesFailed} saves failed, {Fetched} fetched, {Lost} lost, {Doubled} doubled; "
        + $"all was well again after {Recovery / 1e6:F1} s at most";
}
