using System.Globalization;

namespace Backprop.Coordinator.Progress;

/// <summary>How figures are written for people.</summary>
internal static class Figures
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>A name and its value: an accuracy in percent, anything else in five digits.</summary>
    public static string Text(string name, double value) => name == "accuracy"
        ? string.Create(CultureInfo.InvariantCulture, $"accuracy {value * 100:F2} %")
        : string.Create(CultureInfo.InvariantCulture, $"{name} {value:G5}");

    /// <summary>As in <c>loss 0.1234</c>; nothing where there is none.</summary>
    public static string Loss(double loss) => double.IsNaN(loss) ? "" : $"loss {LossValue(loss)}";

    /// <summary>Four places after the point, or four digits where that would be next to nothing: "0.1234", "2.783E-05".</summary>
    public static string LossValue(double loss) =>
        loss.ToString(Math.Abs(loss) is > 0 and < 0.001 ? "G4" : "F4", CultureInfo.InvariantCulture);

    /// <summary>As in <c>12,345 samples/s</c>.</summary>
    public static string Speed(double samplesPerSecond) =>
        string.Create(CultureInfo.InvariantCulture, $"{samplesPerSecond:N0} samples/s");

    /// <summary>A number of bytes in three digits: "999 B", "1.23 GB".</summary>
    public static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 999.5 && unit < Units.Length - 1)
        {
            (value, unit) = (value / 1000, unit + 1);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:G3} {Units[unit]}");
    }
}
