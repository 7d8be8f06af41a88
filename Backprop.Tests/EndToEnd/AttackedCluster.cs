using System.Text.Json;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// Two nodes with a token and one small run, which tests attack one after the other. When they are through, the run is stopped and must
/// have the weights and the ledger of one that nobody disturbed.
/// </summary>
[CollectionDefinition(Name)]
public sealed class AttackedCluster : ICollectionFixture<AttackedCluster>, IDisposable
{
    internal const string Name = "a cluster under attack";
    private const string Secret = "a secret of the nodes, 0123456789";
    private readonly NodeScene _scene;
    private readonly TemporaryFolder _folder = new();
    private int _names;

    public AttackedCluster()
    {
        string[] token = ["--token-file", NodeScene.WriteToken(_folder["token"], Secret)];
        WriteSecondToken();

        // Small steps: most of their time is on the way, so that the undisturbed run, which is compared, takes less than this one.
        _scene = new NodeScene { Secret = token, Settings = ["--set", "batch=16"] };

        // The log for machines tells of each checkpoint, so that no test waits for the next one that people are shown.
        First = _scene.Start("a", ["--workers", "1", "--log", "json", .. token]);
        Second = _scene.Start("b", ["--workers", "0", "--roles", "worker", "--token-file", SecondTokenFile, .. First.AsSeed]);
        Submit().ShouldSucceed().Output.ShouldBe("submitted: endless; it is next\n");
        WaitForLine("joined ", "(a/1,");
    }

    /// <summary>It coordinates.</summary>
    internal NodeScene.Node First { get; }

    /// <summary>It does not.</summary>
    internal NodeScene.Node Second { get; }

    /// <summary>Where the second node and its workers read the secret.</summary>
    internal string SecondTokenFile => _folder["second"];

    /// <summary>Writes that file.</summary>
    internal void WriteSecondToken() => NodeScene.WriteToken(SecondTokenFile, Secret);

    internal JoinToken Token { get; } = new(System.Text.Encoding.ASCII.GetBytes(Secret));

    /// <summary>Where its links come in.</summary>
    internal int LinkPort => HostPort.Parse(First.Tensors, "tensors").Port;

    /// <summary>Its base port.</summary>
    internal int GrpcPort => HostPort.Parse(First.Address, "gRPC").Port;

    /// <summary>Runs a command against the node that does not coordinate.</summary>
    internal CommandResult Ask(params IEnumerable<string> command) => _scene.Ask(Second, command);

    /// <summary>Submits the run that is going on.</summary>
    /// <param name="more">What makes it another.</param>
    internal CommandResult Submit(params IEnumerable<string> more) => Ask(["submit", "endless.yaml", .. _scene.Settings, .. more]);

    /// <summary>Reads the coordinating node's log until a line holds all the texts, and gives its sentence.</summary>
    internal string WaitForLine(params string[] texts) =>
        JsonDocument.Parse(First.Command.WaitForLine(texts)).RootElement.GetProperty("message").GetString()!;

    /// <summary>Somebody at the coordinating node, under a name that nobody else has.</summary>
    internal RawWorker Come(string name) => new(First.Address) { Name = $"{name}-{++_names}" };

    /// <summary>A caller of the coordinating node.</summary>
    internal RawCaller Caller(JoinToken? token) => new(HostPort.Parse(First.Address, "gRPC"), token);

    /// <summary>
    /// The training has gone on, in the first term still, with both nodes: its state is newer than all that was read of the log.
    /// </summary>
    internal void ShouldGoOn()
    {
        WaitForLine("durable");
        var look = JsonDocument.Parse(Ask("nodes", "--json").ShouldSucceed().Output).RootElement;
        look.GetProperty("term").GetString().ShouldBe("1");
        look.GetProperty("runs")[0].GetProperty("state").GetString().ShouldBe("running");
        look.GetProperty("workersOrdered").GetInt32().ShouldNotBe(0);
        look.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("node").GetProperty("name").GetString())
            .ShouldBe(["a", "b"]);
        look.GetProperty("nodes").EnumerateArray().ShouldAllBe(node => node.GetProperty("state").GetString() == "up");
    }

    public void Dispose()
    {
        try
        {
            _scene.StopAndCompare(First);
        }
        finally
        {
            _scene.Dispose();
            _folder.Dispose();
        }
    }
}
