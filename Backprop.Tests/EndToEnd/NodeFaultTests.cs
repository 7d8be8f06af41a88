using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// What goes wrong with a cluster: data that is gone when its run begins, a run file that is too long, a coordinator that is not there.
/// Each is said in a sentence, with its exit code, and the rest goes on.
/// </summary>
public sealed class NodeFaultTests
{
    private const int ManyCharacters = 5_000_000;

    [Fact]
    public void DataThatIsGoneOrDamagedWhenItsRunBegins_FailsThatRun_AndTheNextBegins()
    {
        using var scene = new NodeScene();
        var node = scene.Start("a", "--workers", "1");
        scene.Ask(node, "submit", "endless.yaml").ShouldSucceed();
        node.Command.WaitForLine("joined");
        scene.Ask(node, "pause").ShouldSucceed();
        foreach (var name in (string[])["gone", "damaged", "good"])
        {
            File.Copy(Repository.PathOf("data", "digits.csv.gz"), Path.Combine(scene.Path, $"{name}.csv.gz"));
            Submit(scene, node, name).ShouldSucceed();
        }

        File.Delete(CopyOf(scene, "gone"));
        using (var copy = File.OpenWrite(CopyOf(scene, "damaged")))
        {
            copy.Seek(-1, SeekOrigin.End);
            copy.WriteByte(77);
        }

        scene.Ask(node, "stop").ShouldSucceed();

        node.Command.WaitForLine("gone: The cluster's copy of gone.csv.gz", "cannot be used", "submit the run again");
        node.Command.WaitForLine("damaged: The cluster's copy of damaged.csv.gz", "it holds other bytes than were submitted");
        node.Command.WaitForLine("begins good");
        var ends = scene.Look(node).GetProperty("runs").EnumerateArray().Where(run => run.GetProperty("exitCode").GetInt32() == 5);
        ends.Select(run => $"{run.GetProperty("name")} {run.GetProperty("state")}").ShouldBe(["damaged failed", "gone failed"]);
        scene.Ask(node, "stop", "damaged").ShouldFail(2, "The run damaged has ended already: failed");

        // It comes again, with its data.
        Submit(scene, node, "damaged", "--follow").ShouldSucceed().Output.ShouldContain("completed after step 3\n");
        scene.Ask(node, "status").ShouldSucceed().Output.ShouldContain("completed   good");
    }

    [Fact]
    public void ARunFileThatNoMessageHolds_IsRefusedInWords()
    {
        using var scene = new NodeScene();
        var node = scene.Start("a", "--workers", "0");
        File.WriteAllText(Path.Combine(scene.Path, "long.yaml"), $$"""
            data: { train: { kind: values, inputs: [ [1], [2] ], labels: [ {{new string('x', ManyCharacters)}}, y ] } }
            model: [ linear: 2 ]
            loss: cross-entropy
            optimizer: { kind: sgd, rate: 0.1 }
            batch: 2
            steps: 1
            """);

        scene.Ask(node, "submit", "long.yaml").ShouldFail(2, "The run file, with its data inline, has ", "a cluster takes 4 MiB", "idx");

        scene.Ask(node, "status").ShouldSucceed().Output.ShouldContain("no run was submitted");
    }

    [Fact]
    public void WhereTheNodeThatCoordinatesIsGone_CommandsSayWhoDoesNotAnswer()
    {
        using var scene = new NodeScene();
        var first = scene.Start("a", "--workers", "0");
        var second = scene.Start("b", ["--workers", "0", "--roles", "worker", .. first.AsSeed]);
        scene.Ask(second, "nodes").ShouldSucceed().Output.ShouldContain("a (coordinates)");

        first.Command.SendKill();
        first.Command.Finish();

        // Both at once: each asks for half a minute, while another could take over.
        using var status = BackpropCommand.Start(scene.Path, "status", "--node", second.Address);
        using var submit = scene.Submit(second, "endless.yaml");
        foreach (var command in (BackpropCommand[])[status, submit])
        {
            command.Finish().ShouldFail(9, $"The node at {first.Address} does not answer", "start it with 'backprop node'");
        }
    }

    private static CommandResult Submit(NodeScene scene, NodeScene.Node node, string name, params IEnumerable<string> more) =>
        scene.Ask(node, ["submit", .. Run(name), .. more]);

    private static string[] Run(string name) =>
        ["endless.yaml", "--set", $"name={name}", "--set", $"data.train.path={name}.csv.gz", "--set", "steps=3"];

    private static string CopyOf(NodeScene scene, string name) =>
        Directory.GetFiles(Path.Combine(scene.Path, "a", "data"), $"*-{name}.csv.gz").ShouldHaveSingleItem();
}
