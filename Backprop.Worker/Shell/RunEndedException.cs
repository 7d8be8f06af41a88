namespace Backprop.Worker.Shell;

/// <summary>The run ended before this worker was ready for it.</summary>
internal sealed class RunEndedException(string status) : Exception(status)
{
    /// <summary>How, in the coordinator's word.</summary>
    public string Status { get; } = status;
}
