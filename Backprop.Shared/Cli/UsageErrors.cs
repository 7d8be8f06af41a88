using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Backprop.Shared.Runs.Yaml;

namespace Backprop.Shared.Cli;

/// <summary>What is wrong with a command line, in sentences for people: unknown words with the nearest known one.</summary>
internal static partial class UsageErrors
{
    /// <summary>The sentences, each once.</summary>
    public static IEnumerable<string> Of(ParseResult parsed)
    {
        // One unknown word makes the library complain about all that follow it, and about what it would have stood for.
        var unknown = parsed.UnmatchedTokens.Count == 0 ? null
            : parsed.UnmatchedTokens.FirstOrDefault(token => token.StartsWith('-')) ?? parsed.UnmatchedTokens[0];
        return unknown is not null
            ? [Unknown(unknown, parsed.CommandResult)]
            : parsed.Errors.Select(error => Plain(error.Message)).Distinct();
    }

    /// <summary>Sentences about values that are there and empty: a script's variable that was never set.</summary>
    public static IEnumerable<string> Empty(ParseResult parsed) =>
        from child in parsed.CommandResult.Children
        where child.Tokens.Any(token => token.Value.Length == 0)
        let name = child is OptionResult option ? option.Option.Name : ((ArgumentResult)child).Argument.Name
        select $"{name} was given an empty value; say which, or leave it out.";

    /// <summary>The sentence about a word that no command or option is called.</summary>
    /// <param name="word">The word.</param>
    /// <param name="symbol">Where it stands.</param>
    public static string Unknown(string word, SymbolResult symbol)
    {
        var parent = symbol;
        while (parent is not CommandResult)
        {
            parent = parent.Parent!;
        }

        var command = ((CommandResult)parent).Command;
        if (word.StartsWith('-'))
        {
            return $"There is no option {word}; {Nearest.Advice(word, [.. command.Options.Where(o => !o.Hidden).Select(o => o.Name)])}";
        }

        return command.Subcommands.Count > 0
            ? $"There is no command {word}; {Nearest.Advice(word, [.. command.Subcommands.Select(c => c.Name)])}"
            : $"There is an argument too many: {word}; leave it out.";
    }

    private static string Plain(string message) => NotANumber().Replace(message, "$2 takes a number, not '$1'.");

    [GeneratedRegex(@"^Cannot parse argument '(.*)' for option '(.*)' as expected type '.*'\.$")]
    private static partial Regex NotANumber();
}
