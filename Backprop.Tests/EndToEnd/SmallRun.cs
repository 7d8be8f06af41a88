using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>A folder with a tiny run file and its data, to start commands in; a test changes the one line that it is about.</summary>
internal sealed class SmallRun : IDisposable
{
    public const string Data = "width,height,kind\n1,2,0\n3,1,1\n5,6,2\n2,2,0\n";
    private readonly TemporaryFolder _folder = new();

    public SmallRun()
    {
        Write("data.csv", Data);
        Write("run.yaml", Yaml());
    }

    public string Path => _folder.Path;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>The run file, six lines and what is put behind them.</summary>
    public static string Yaml(
        string data = "{ train: { kind: csv, path: data.csv }, classes: 3 }",
        string model = "[ linear: 4, tanh, linear: 3 ]",
        string more = "") =>
        $"""
        data: {data}
        model: {model}
        loss: cross-entropy
        optimizer: {"{ kind: sgd, rate: 0.1 }"}
        batch: 4
        steps: 3
        {more}
        """;

    public string Write(string name, string content) => _folder.Write(name, content);

    public string Write(string name, byte[] content) => _folder.Write(name, content);

    public CommandResult Run(params IEnumerable<string> arguments) => BackpropCommand.Run(Path, arguments);

    /// <summary>Runs a command as a line of a shell.</summary>
    public CommandResult Shell(string line, string variables = "") => BackpropCommand.Shell(Path, line, variables);

    /// <summary>Runs a command on a terminal.</summary>
    public CommandResult Terminal(string terminal, int columns, string line) => BackpropCommand.Terminal(Path, terminal, columns, line);

    /// <summary>Trains a run file that is written first.</summary>
    public CommandResult Train(string yaml, params IEnumerable<string> arguments)
    {
        Write("changed.yaml", yaml);
        return Run(["train", "changed.yaml", "--workers", "1", .. arguments]);
    }

    public void Dispose() => _folder.Dispose();
}
