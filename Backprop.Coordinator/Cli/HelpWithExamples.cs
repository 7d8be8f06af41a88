using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Backprop.Coordinator.Cli;

/// <summary>The usual help, and below it what people type.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string[]> Examples = new()
    {
        [""] =
        [
            "backprop train examples/digits.yaml",
            "backprop train examples/digits.yaml --workers 4 --set optimizer.rate=0.001 --run-dir runs/slower",
            "backprop evaluate runs/digits",
        ],
        ["train"] =
        [
            "backprop train examples/digits.yaml --workers 4",
            "backprop train examples/digits.yaml --resume --run-dir runs/digits",
        ],
        ["evaluate"] =
        [
            "backprop evaluate runs/digits",
            "backprop evaluate runs/digits/checkpoints/step-00000690.safetensors --data more.csv --json",
        ],
        ["predict"] = ["backprop predict runs/digits --data new.csv"],
        ["init"] =
        [
            "backprop init examples/digits.yaml --out first.safetensors",
            "backprop train examples/digits.yaml --init first.safetensors",
        ],
        ["plan"] = ["backprop plan examples/digits.yaml --steps 3"],
        ["explain"] = ["backprop explain examples/articles/chain.yaml", "backprop explain examples/articles/two-layer.yaml --step 3"],
        ["status"] = ["backprop status", "backprop status --coordinator 127.0.0.1:8470 --json"],
        ["workers"] = ["backprop workers"],
        ["bench"] = ["backprop bench examples/digits.yaml --workers 2 --seconds 5 --json"],
    };

    public override bool ClearsParseErrors => true;

    /// <summary>Gives a command and those below it this help.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Action = new HelpWithExamples((HelpAction)option.Action!);
        }
    }

    public override int Invoke(ParseResult parseResult)
    {
        var code = help.Invoke(parseResult);
        var command = parseResult.CommandResult.Command;
        if (Examples.TryGetValue(command is RootCommand ? "" : command.Name, out var examples))
        {
            Console.Out.WriteLine($"Examples:\n  {string.Join("\n  ", examples)}\n");
        }

        return code;
    }
}
