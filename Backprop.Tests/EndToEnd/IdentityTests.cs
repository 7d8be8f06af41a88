using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Backprop.Shared.Identity;
using Backprop.Tests.Shared.Identity;

namespace Backprop.Tests.EndToEnd;

/// <summary>A cluster whose members have certificates: gRPC and the actors' port are TLS, and let nobody else in.</summary>
public sealed class IdentityTests : IDisposable
{
    private readonly TestCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    /// <summary>Also: the commands that make an authority and certificates, as a person types them.</summary>
    [Fact]
    public void NodesWithCertificates_TrainToTheSameWeights()
    {
        using var scene = new NodeScene { Secret = ["--identity", "made/me"] };
        Make("init", "made", "--name", "a").ShouldContain("backprop node --name a --identity made/node");
        Make("issue", "b", "--dir", "made", "--role", "node").ShouldContain("--roles worker --identity made/b");
        Make("issue", "me", "--dir", "made", "--role", "operator");
        Make("issue", "w", "--dir", "made", "--role", "worker");
        Make("show", "--dir", "made").Split('\n').Count(line => line.Contains("operator", StringComparison.Ordinal)).ShouldBe(1);

        var first = scene.Start("a", "--workers", "1", "--identity", "made/node");
        scene.Start("b", ["--workers", "1", "--roles", "worker", "--identity", "made/b", .. first.AsSeed]);
        scene.Ask(first, "submit", "endless.yaml").ShouldSucceed();
        scene.StartWorker(first.Address, "--identity", "made/w");
        for (var i = 0; i < 3; i++)
        {
            first.Command.WaitForLine("joined w");
        }

        first.Command.WaitForLine("durable");
        scene.StopAndCompare(first);

        string Make(params string[] words) =>
            TestUtilities.BackpropCommand.Run(scene.Path, ["cluster", .. words]).ShouldSucceed().Output;
    }

    [Fact]
    public async Task AtTheActorsPort_NobodyButANodeComesIn()
    {
        using var scene = new NodeScene();
        _cluster.Write("a", Role.Coordinator);
        var node = scene.Start("a", "--workers", "0", "--identity", _cluster["a"]);
        using var foreign = new TestCluster();

        (await IsLetIn(node.AkkaPort, _cluster.Issue("n", Role.Node))).ShouldBeTrue();
        (await IsLetIn(node.AkkaPort, _cluster.Issue("w", Role.Worker))).ShouldBeFalse();
        node.Command.WaitForLine("for the role worker, which may not do this");
        (await IsLetIn(node.AkkaPort, foreign.Issue("n", Role.Node))).ShouldBeFalse();
        node.Command.WaitForLine("another authority has signed");
        (await IsLetIn(node.AkkaPort, null)).ShouldBeFalse();
        (await IsLetIn(node.AkkaPort, null, hasTls: false)).ShouldBeFalse();
        scene.Ask(node, "nodes", "--identity", _cluster["a"]).ShouldSucceed();
    }

    [Fact]
    public void ANodeIsCalledAndDoesWhatItsCertificateSays()
    {
        using var scene = new NodeScene();
        _cluster.Write("n", Role.Node);
        scene.Begin("n", "127.0.0.1:0", "--identity", _cluster["n"]).Finish().ShouldFail(6, "for the role node", "needs coordinator");
        scene.Begin("other", "127.0.0.1:0", "--roles", "worker", "--seed", "127.0.0.1:1", "--identity", _cluster["n"])
            .Finish().ShouldFail(2, "is n's, not other's");
    }

    /// <summary>Whether somebody can say what he likes there: the end of the connection says no.</summary>
    private static async Task<bool> IsLetIn(int port, IdentityFolder? identity, bool hasTls = true)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, port);
        Stream stream = socket.GetStream();
        try
        {
            if (hasTls)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsClientAsync(OptionsOf(identity));
                stream = tls;
            }
            else
            {
                await stream.WriteAsync(new byte[16]);
            }

            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(identity is null ? 20 : 3));
            return await stream.ReadAsync(new byte[1], limit.Token) > 0;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
        catch (Exception problem) when (problem is AuthenticationException or IOException)
        {
            return false;
        }
    }

    private static SslClientAuthenticationOptions OptionsOf(IdentityFolder? identity)
    {
        if (identity is not null)
        {
            var own = Tls.ForClient(identity);
            own.EnabledSslProtocols = SslProtocols.Tls12; // what Akka's transport speaks
#pragma warning disable CA5359 // A stranger believes what he likes.
            own.RemoteCertificateValidationCallback = (_, _, _, _) => true;
            return own;
        }

        return new SslClientAuthenticationOptions { TargetHost = "x", RemoteCertificateValidationCallback = (_, _, _, _) => true };
#pragma warning restore CA5359
    }
}
