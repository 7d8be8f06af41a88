using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;
using Backprop.Tests.TestUtilities;
using Microsoft.Extensions.Logging;

namespace Backprop.Tests.Coordinator.Diagnostics;

/// <summary>The logs of a run on one output, told by a test what an engine and the run's recorder would tell them.</summary>
internal sealed class LogScene : IDisposable
{
    private readonly LogOutput _output;
    private readonly RunProgress _progress;

    public LogScene(TextWriter text, Rules rules, ManualClock clock, LogFormat format = LogFormat.Text, LogDetail detail = LogDetail.Normal)
    {
        _output = new LogOutput(Terminals.File(text), format, detail, clock);
        _progress = new RunProgress(rules, clock);
        Workers = new WorkerLog(Events, rules.Shards, _progress, clock);
        Training = new TrainingLog(Events, rules, _progress, clock);
        Run = new RunLog(Events, Workers, Training);
    }

    public ILogger Events => _output.Logger;

    public WorkerLog Workers { get; }

    public TrainingLog Training { get; }

    public RunLog Run { get; }

    public void Joined(WorkerInfo worker, int present)
    {
        _progress.Attended(present, 0);
        Events.Joined(worker.Id, worker.Name, worker.Place, new Counted(worker.Slots, "slot"), Counted.Workers(present));
    }

    public void Waiting(int present, int needed)
    {
        _progress.Attended(present, needed);
        Workers.Waiting(present, needed);
    }

    public void Enough(int present)
    {
        _progress.Attended(present, 0);
        Workers.Enough(present);
    }

    public void Commit(in StepReport step)
    {
        _progress.Committed(step);
        Training.Step(step);
    }

    public void Evaluate(int step, int epoch, Dictionary<string, double> results, bool best)
    {
        var evaluation = new Evaluation(step, epoch, results);
        _progress.Evaluated(evaluation, best);
        Training.Evaluated(evaluation, best);
    }

    public void Dispose()
    {
        Training.Dispose();
        Workers.Dispose();
        _output.Dispose();
    }
}
