using System.CommandLine;

namespace Backprop.Coordinator.Cli;

/// <summary>What was typed, for a command that somebody can type again.</summary>
internal static class TypedOptions
{
    /// <summary>The options that were typed, as they were, each as often as it was.</summary>
    public static IEnumerable<string> Of(ParseResult parsed, params IEnumerable<Option> options) =>
        from option in options
        let result = parsed.GetResult(option)
        where result is { Implicit: false }
        from word in result.Tokens.Count == 0 ? [option.Name] : result.Tokens.SelectMany(token => new[] { option.Name, token.Value })
        select word;
}
