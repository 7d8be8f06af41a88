using System.Globalization;

namespace Backprop.Coordinator.Core;

/// <summary>The number by which a coordinator knows a worker. One that comes back has another; none is used twice.</summary>
/// <param name="Value">The number, as logs, ledger and status page show it.</param>
internal readonly record struct WorkerId(int Value)
{
    /// <summary>As people read it: w7.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"w{Value}");
}
