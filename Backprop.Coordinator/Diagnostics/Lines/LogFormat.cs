namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>How the log is written.</summary>
internal enum LogFormat
{
    /// <summary>For people: time, level, sentence.</summary>
    Text,

    /// <summary>For machines: a JSON object a line.</summary>
    Json,
}
