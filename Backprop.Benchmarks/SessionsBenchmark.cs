using System.Globalization;

namespace Backprop.Benchmarks;

/// <summary>
/// What sessions cost a coordinator: simulated ones its core alone, on virtual time; real ones, over gRPC and links, its process.
/// </summary>
internal static class SessionsBenchmark
{
    private static readonly int[] UsualSimulated = [10, 100, 1000, 10_000];
    private static readonly int[] UsualReal = [10, 100, 1000];

    /// <summary>Runs what the arguments say, and prints a table.</summary>
    public static int Run(string[] arguments)
    {
        var simulated = arguments.Contains("--simulated");
        var count = arguments.SkipWhile(argument => argument != "--count").Skip(1).FirstOrDefault();
        int[] counts = count is not null ? [int.Parse(count, CultureInfo.InvariantCulture)] : simulated ? UsualSimulated : UsualReal;
        if (!simulated)
        {
            RealSessions.Run(counts);
            return 0;
        }

        Console.WriteLine(" workers  shards   us a step  us a join  bytes a step  bytes a session");
        foreach (var shards in (int[])[8, 1024])
        {
            foreach (var workers in counts)
            {
                Simulate(workers, shards);
            }
        }

        return 0;
    }

    private static void Simulate(int workers, int shards)
    {
        const int Warm = 30;
        const int Counted = 200;
        new SimulatedSessions(100, shards).Steps(Warm);
        var held = GC.GetTotalMemory(forceFullCollection: true);
        var begun = TimeProvider.System.GetTimestamp();
        var sessions = new SimulatedSessions(workers, shards);
        var joined = TimeProvider.System.GetElapsedTime(begun);
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - held;
        sessions.Steps(Warm);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        begun = TimeProvider.System.GetTimestamp();
        sessions.Steps(Counted);
        var took = TimeProvider.System.GetElapsedTime(begun);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{workers,8:N0}{shards,8:N0}{took.TotalMicroseconds / Counted,12:N1}{joined.TotalMicroseconds / workers,11:N2}"
            + $"{(double)allocated / Counted,14:N0}{(double)bytes / workers,17:N0}"));
        GC.KeepAlive(sessions);
    }
}
