using System.CommandLine;
using Backprop.Coordinator.Training;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cli;

/// <summary>How a training begins, goes on and stops, and where its record is: the same for every command that trains.</summary>
internal sealed class RecordOptions
{
    private readonly Option<string?> _init = new("--init")
    {
        Description = "first weights, as 'backprop init' writes them",
        HelpName = "FILE.safetensors",
    };

    private readonly Option<bool> _resume = new("--resume") { Description = "goes on from the newest valid checkpoint" };

    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "deletes the run that is in the folder" };

    private readonly Option<int?> _stopAt = new("--stop-at")
    {
        Description = "writes a checkpoint after this step and stops",
        HelpName = "STEP",
    };

    private readonly Option<string?> _folder = new("--run-dir")
    {
        Description = "the run's folder (default: the next free runs/NAME)",
        HelpName = "DIR",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_init, _resume, _overwrite, _stopAt, _folder])
        {
            command.Options.Add(option);
        }
    }

    /// <exception cref="UserException">They exclude each other, or a number is out of its range (exit code 2).</exception>
    public TrainOptions Read(ParseResult parsed, int workers, int processes = 0)
    {
        if (parsed.GetValue(_resume) && parsed.GetValue(_overwrite))
        {
            throw new UserException(ExitCode.Usage, "--resume and --overwrite exclude each other; give one of them.");
        }

        if (parsed.GetValue(_stopAt) is < 1)
        {
            throw new UserException(ExitCode.Usage, "--stop-at takes a step of 1 or more.");
        }

        return new TrainOptions
        {
            Workers = workers,
            Processes = processes,
            InitPath = parsed.GetValue(_init),
            Resume = parsed.GetValue(_resume),
            Overwrite = parsed.GetValue(_overwrite),
            StopAt = parsed.GetValue(_stopAt),
            RunFolder = parsed.GetValue(_folder),
        };
    }
}
