using System.Globalization;

namespace Backprop.Shared.Primitives;

/// <summary>So many of something, in a sentence: "1 sample", "17,226 parameters".</summary>
/// <param name="Value">How many.</param>
/// <param name="Noun">What one of them is called.</param>
/// <param name="Plural">What several are called, where that is not the noun with an s.</param>
internal readonly record struct Quantity(long Value, string Noun, string? Plural = null)
{
    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Value:N0} {(Value == 1 ? Noun : Plural ?? $"{Noun}s")}");
}
