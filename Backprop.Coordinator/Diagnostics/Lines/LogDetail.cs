namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>How much the log says.</summary>
internal enum LogDetail
{
    /// <summary>What went wrong, and nothing else.</summary>
    Quiet,

    /// <summary>What happens; of what comes in masses the newest, once a second.</summary>
    Normal,

    /// <summary>Everything.</summary>
    Verbose,
}
