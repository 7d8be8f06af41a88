namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>The line below a log on a terminal, which changes in place.</summary>
internal interface ILiveLine
{
    /// <summary>What it says at this moment; null: nothing. From any thread.</summary>
    /// <param name="width">No more characters than these.</param>
    string? Text(int width);
}
