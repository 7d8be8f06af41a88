using System.Globalization;

namespace Backprop.Shared.Primitives;

/// <summary>Amounts of memory: checked before they are taken.</summary>
internal static class Bytes
{
    /// <summary>As in <c>16 GiB</c> or <c>3.5 MiB</c>.</summary>
    public static string Text(long bytes)
    {
        string[] units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        var unit = 0;
        double amount = bytes;
        for (; amount >= 1024 && unit < units.Length - 1; unit++)
        {
            amount /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{amount:0.#} {units[unit]}");
    }

    /// <summary>Refuses an array that is too long for one, or larger than this machine's memory.</summary>
    /// <param name="what">Whose array it is: begins the sentence.</param>
    /// <param name="elements">How many elements of four bytes.</param>
    public static void Require(string what, long elements)
    {
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (elements > Array.MaxLength)
        {
            throw new UserException(
                ExitCode.Usage, $"{what} has {elements} values, more than the {Array.MaxLength} that fit; leave samples out.");
        }

        if (elements > available / sizeof(float))
        {
            throw new UserException(
                ExitCode.Usage,
                $"{what} needs {Text(elements * sizeof(float))} of memory, but there are {Text(available)} here; leave samples out.");
        }
    }
}
