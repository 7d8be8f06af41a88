using System.Net.Sockets;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// What people, and strangers, do wrong with nodes: a sentence and an exit code, or a closed connection; the cluster lives on.
/// </summary>
public sealed class NodeBadInputTests
{
    [Fact]
    public void ASeedThatDoesNotAnswer_IsWaitedForInWords()
    {
        using var scene = new NodeScene();
        using var nobody = new TcpPort();

        using var node = scene.Begin("a", "127.0.0.1:0", "--workers", "0", "--seed", $"127.0.0.1:{nobody.Number}");

        node.WaitForLine("no node of the cluster answers yet", $"127.0.0.1:{nobody.Number}", "this one waits for them");
        node.SendTerminate();
        node.Finish().ExitCode.ShouldBe(143);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void AnyOfTheThreePortsInUse_IsSaid(int offset)
    {
        using var scene = new NodeScene();
        var first = NodePorts.Next();
        using var taken = new TcpPort(first + offset);

        using var node = scene.Begin("a", $"127.0.0.1:{first}", "--workers", "0");

        node.Finish().ShouldFail(2, $"127.0.0.1:{taken.Number} cannot be listened on", "--listen");
    }

    [Fact]
    public void WhoMayNotJoinIsToldWhy()
    {
        using var scene = new NodeScene();
        var token = Token(scene, "t1", "0123456789abcdef");
        var first = scene.Start("a", "--workers", "0", "--token-file", token);
        using var nobody = new TcpPort();
        string[] known = ["--workers", "0", "--token-file", token, .. first.AsSeed];

        scene.Begin("b", "127.0.0.1:0", [.. known, "--advertise", $"127.0.0.1:{nobody.Number}"])
            .Finish().ShouldFail(2, $"Others cannot reach this node at 127.0.0.1:{nobody.Number}", "--advertise");
        scene.Begin("c", "127.0.0.1:0", ["--workers", "0", .. first.AsSeed]).Finish().ShouldFail(6, "another token");
        scene.Begin("d", "127.0.0.1:0", ["--workers", "0", "--token-file", Token(scene, "t2", "fedcba9876543210"), .. first.AsSeed])
            .Finish().ShouldFail(6, "another token");
        var twin = BackpropCommand.Start(
            scene.Path, ["node", "--name", "a", "--listen", "127.0.0.1:0", "--data", "twin", .. known]).Finish();
        twin.ExitCode.ShouldBe(2);
        twin.ShouldSay("Another node is called a", "--name");
        scene.Ask(first, "nodes").ShouldFail(6, "another token");
        scene.Ask(first, "nodes", "--token-file", token).ShouldSucceed();
    }

    [Fact]
    public void OrdersThatCannotBeFollowed_AreRefusedInWords()
    {
        using var scene = new NodeScene();
        var node = scene.Start("a", "--workers", "0");
        File.WriteAllText(Path.Combine(scene.Path, "lost.yaml"), """
            data: { train: { kind: csv, path: nowhere.csv } }
            model: [ linear: 2 ]
            loss: cross-entropy
            optimizer: { kind: sgd, rate: 0.1 }
            batch: 4
            epochs: 1
            """);

        scene.Ask(node, "submit", "lost.yaml").ShouldFail(2, "nowhere.csv");
        scene.Ask(node, "submit", "missing.yaml").ShouldFail(2, "missing.yaml");
        scene.Ask(node, "pause").ShouldFail(2, "There is no run for that");
        scene.Ask(node, "stop", "nothing").ShouldFail(2, "There is no run 'nothing'");
        scene.Ask(node, "drain", "nobody").ShouldFail(2, "No node or worker process of one is called 'nobody'");
        scene.Ask(node, "scale", "5000").ShouldFail(2, "0 to 4096");
        scene.Ask(node, "scale", "many").ShouldFail(2, "scale takes a number of workers, or auto, not 'many'");
        scene.Ask(node, "logs", "nobody").ShouldFail(2, "No worker is called 'nobody'");
        using var nobody = new TcpPort();
        BackpropCommand.Run(scene.Path, "status", "--node", $"127.0.0.1:{nobody.Number}").ShouldFail(9, "does not answer", "backprop node");
        BackpropCommand.Run(scene.Path, "node", "--listen", "0.0.0.0:0", "--data", "x").ShouldFail(2, "--token-file");
        BackpropCommand.Run(scene.Path, "node", "--roles", "king").ShouldFail(2, "--roles");
        BackpropCommand.Run(scene.Path, "node", "--roles", "worker", "--listen", "127.0.0.1:0", "--data", "x").ShouldFail(2, "--seed");
    }

    /// <summary>One of three that decide is too few, until somebody says that the others are gone.</summary>
    [Fact]
    public void AFirstSeedThatStartsWhileItIsCutOff_FormsNoClusterUntilItIsToldTo()
    {
        using var scene = new NodeScene();
        var first = scene.Start("a", "--workers", "0");
        var second = scene.Start("b", ["--workers", "0", .. first.AsSeed]);
        var third = scene.Start("c", ["--workers", "0", .. first.AsSeed]);
        first.Command.WaitForLine("3 nodes keep the cluster's record");
        foreach (var node in (NodeScene.Node[])[third, second, first])
        {
            node.Command.SendKill();
            node.Command.Finish();
        }

        using var again = scene.Begin("a", first.Address, "--workers", "0");

        again.WaitForLine("nobody coordinates the cluster yet", second.Address, "2 of the 3 nodes");
        BackpropCommand.Run(scene.Path, "takeover", "--node", first.Address).ShouldSucceed().Output.ShouldContain("is lost");
        BackpropCommand.Run(scene.Path, "takeover", "--yes", "--node", first.Address).ShouldSucceed().Output.ShouldContain("a coordinates");
        again.WaitForLine("formed the cluster");
        again.WaitForLine("a coordinates, in term 10");
        BackpropCommand.Run(scene.Path, "takeover", "--yes", "--node", first.Address).ShouldFail(2, "nothing to take over");
        again.SendTerminate();
        var log = again.Finish().Error;
        log.ShouldNotContain("founded");
        log.IndexOf("formed the cluster", StringComparison.Ordinal)
            .ShouldBeGreaterThan(log.IndexOf("a takes over, as was ordered", StringComparison.Ordinal));
    }

    /// <summary>It asks whom those that it asks know, so it learns of the one that has the record.</summary>
    [Fact]
    public void ANewcomerFoundsNothingWhileTheOneWithTheRecordIsAway()
    {
        using var scene = new NodeScene();
        var first = scene.Start("a", "--workers", "0");
        var second = scene.Start("b", ["--workers", "0", "--roles", "worker", .. first.AsSeed]);
        foreach (var node in (NodeScene.Node[])[second, first])
        {
            node.Command.SendKill();
            node.Command.Finish();
        }

        using var waiting = scene.Begin("b", second.Address, "--workers", "0", "--roles", "worker");
        using var newcomer = scene.Begin("c", "127.0.0.1:0", ["--workers", "0", .. second.AsSeed]);
        newcomer.WaitForLine("no node of the cluster answers yet", first.Address);
        var again = scene.StartAt(first.Address, "a", "--workers", "0");

        newcomer.WaitForLine("node c (");
        again.Command.WaitForLine("a coordinates, in term 2");
        again.Command.WaitForLine("node c is there");
    }

    /// <summary>An address is no cluster: only a person says that a node goes over to another one.</summary>
    [Fact]
    public void AnotherClusterWhereItsOwnWas_GetsANodeOnlyIfItIsToldSo()
    {
        using var scene = new NodeScene();
        var first = scene.Start("a", "--workers", "0");
        var second = scene.Start("b", ["--workers", "0", .. first.AsSeed]);
        first.Command.WaitForLine("node b is there");
        foreach (var node in (NodeScene.Node[])[second, first])
        {
            node.Command.SendKill();
            node.Command.Finish();
        }

        scene.StartAt(first.Address, "other", "--workers", "0");
        using (var loyal = scene.Begin("b", second.Address, "--workers", "0"))
        {
            loyal.WaitForLine($"{first.Address} is of another cluster", "--seed");
            loyal.SendTerminate();
            loyal.Finish().Error.ShouldNotContain("set aside");
        }

        scene.Begin("b", second.Address, ["--workers", "0", .. first.AsSeed]).WaitForLine("is set aside in");
    }

    [Fact]
    public void ACopiedFolderMakesNoSecondNode()
    {
        using var scene = new NodeScene();
        var first = scene.Start("a", "--workers", "0");
        Directory.CreateDirectory(Path.Combine(scene.Path, "b"));
        File.Copy(Path.Combine(scene.Path, "a", "cluster.json"), Path.Combine(scene.Path, "b", "cluster.json"));

        scene.Begin("b", "127.0.0.1:0", ["--workers", "0", .. first.AsSeed])
            .Finish().ShouldFail(2, "have one id", "a --data folder was copied");
    }

    [Fact]
    public void StrangersAtTheActorsPort_HarmNobody()
    {
        using var scene = new NodeScene();
        var node = scene.Start("a", "--workers", "0");
        byte[][] nonsense =
        [
            "GET / HTTP/1.1\r\nHost: here\r\n\r\n"u8.ToArray(), [0x16, 0x03, 0x01, 0x02, 0x00], [0xFF, 0xFF, 0xFF, 0x7F, 1, 2, 3],
            [0x7F, 0xFF, 0xFF, 0xFF], [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 7919 >> 3))], [],
        ];
        foreach (var bytes in nonsense)
        {
            using var stranger = new TcpClient("127.0.0.1", node.AkkaPort);
            stranger.GetStream().Write(bytes);
        }

        scene.Ask(node, "nodes").ShouldSucceed().Output.ShouldContain("a (coordinates)");
        scene.Start("b", ["--workers", "0", .. node.AsSeed]);
    }

    private static string Token(NodeScene scene, string name, string secret) =>
        NodeScene.WriteToken(Path.Combine(scene.Path, name), secret);

    /// <summary>A port of this machine that is somebody's, or nobody's.</summary>
    private sealed class TcpPort : IDisposable
    {
        private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);

        public TcpPort() => _socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));

        public TcpPort(int number)
        {
            _socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, number));
            _socket.Listen();
        }

        public int Number => LinkAddress.Of(_socket).HostPort.Port;

        public void Dispose() => _socket.Dispose();
    }
}
