using System.Globalization;

namespace Backprop.Coordinator.Progress;

/// <summary>How the figures of an evaluation are written for people.</summary>
internal static class Figures
{
    /// <summary>A name and its value: an accuracy in percent, anything else in five digits.</summary>
    public static string Text(string name, double value) => name == "accuracy"
        ? string.Create(CultureInfo.InvariantCulture, $"accuracy {value * 100:F2} %")
        : string.Create(CultureInfo.InvariantCulture, $"{name} {value:G5}");
}
