using Backprop.Shared.Primitives;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>Where a value was written: a line and column of a file, or a <c>--set</c> of the command line.</summary>
internal readonly record struct Place(string Source, int Line, int Column)
{
    /// <summary>True where the value comes from a <c>--set</c>.</summary>
    public bool IsSet => Line == 0;

    /// <summary>The place of everything that one <c>--set</c> wrote.</summary>
    public static Place OfSet(string text) => new($"--set {Shown.Text(text)}", 0, 0);

    /// <summary>The error to throw for what stands here.</summary>
    public UserException Problem(string sentence, Exception? inner = null) => new(ExitCode.Usage, $"{this}: {sentence}", inner);

    /// <summary>As in <c>digits.yaml:14:5</c>.</summary>
    public override string ToString() => IsSet ? Source : $"{Source}:{Line}:{Column}";
}
