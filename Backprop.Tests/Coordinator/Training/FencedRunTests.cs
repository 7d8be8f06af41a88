using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Coordinator.Training;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Tests.EndToEnd;

namespace Backprop.Tests.Coordinator.Training;

/// <summary>A run goes on elsewhere: how it ended here is not how it ended.</summary>
public sealed class FencedRunTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AFencedRunHasNoSummary(bool isFenced)
    {
        using var small = new SmallRun();
        var run = PreparedRun.Load(RunFile.Load(small["run.yaml"], []));
        var time = TimeProvider.System;
        var options = new TrainOptions
        {
            Workers = 1,
            RunFolder = small["run"],
            RequireLead = () => Throw(isFenced),
        };
        var progress = new RunProgress(run.Setup(null, keepsRecord: true).Rules, time);
        var session = new TrainingSession(run, options, new SilentDisplay(), progress, time, new EmbeddedEngines(1, time));

        if (isFenced)
        {
            Should.Throw<UserException>(() => session.Execute()).ExitCode.ShouldBe(ExitCode.Fenced);
        }
        else
        {
            session.Execute().Steps.ShouldBe(3);
        }

        File.Exists(Path.Combine(small["run"], RunFolderFiles.Summary)).ShouldBe(!isFenced);
        File.ReadLines(Path.Combine(small["run"], RunFolderFiles.Ledger)).Count().ShouldBe(3);
    }

    private static void Throw(bool isFenced)
    {
        if (isFenced)
        {
            throw new UserException(ExitCode.Fenced, "another goes on");
        }
    }
}
