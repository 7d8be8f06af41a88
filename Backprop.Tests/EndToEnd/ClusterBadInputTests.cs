using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// What a person can do wrong with a coordinator and its workers: a sentence and an exit code, before anything is written. The worker's
/// own command is in <see cref="WorkerCommandTests"/>, hostile peers in <see cref="StrangerTests"/> and <see cref="HostileWorkerTests"/>.
/// </summary>
public sealed class ClusterBadInputTests
{
    [Fact]
    public void APortInUse_IsSaidBeforeAnythingIsWritten()
    {
        using var scene = new ClusterScene();
        scene.StartCoordinator();

        Start(scene, "--listen", scene.Address).ShouldFail(2, $"{scene.Address} cannot be listened on", "choose another with --listen");
        Start(scene, "--listen", "127.0.0.1:0", "--http", scene.Address)
            .ShouldFail(2, $"The status page cannot be at {scene.Address}: the port is in use", "--http HOST:PORT, or --http none");

        Directory.Exists(Path.Combine(scene.Path, "second")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("0.0.0.0:0", "0.0.0.0 can be reached from other machines: give workers a secret with --token-file, or listen on 127.0.0.1")]
    [InlineData("[::]:0", ":: can be reached from other machines")]
    [InlineData("nobody.invalid:7400", "nobody.invalid can be reached from other machines")]
    [InlineData("here", "--listen needs HOST:PORT")]
    [InlineData("127.0.0.1:70000", "--listen needs HOST:PORT")]
    public void AnAddressThatCannotBeListenedOn_IsSaidBeforeAnythingIsWritten(string address, string sentence)
    {
        using var scene = new ClusterScene();

        Start(scene, "--listen", address).ShouldFail(2, sentence);

        Directory.Exists(Path.Combine(scene.Path, "second")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("192.0.2.1:7400", "192.0.2.1:7400 cannot be listened on")]
    [InlineData("nobody.invalid:7400", "The host 'nobody.invalid' cannot be found")]
    public void AnAddressOfAnotherMachine_CannotBeListenedOnWithATokenEither(string address, string sentence)
    {
        using var scene = new ClusterScene();
        var token = Path.Combine(scene.Path, "token");
        File.WriteAllText(token, "0123456789abcdef");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(token, UnixFileMode.UserRead);
        }

        Start(scene, "--listen", address, "--token-file", token).ShouldFail(2, sentence);
    }

    [Fact]
    public void ATrainingWhoseGradientsAreReallyNotFinite_EndsNamingStepAndLayer()
    {
        using var scene = new ClusterScene();
        scene.StartCoordinator("--workers", "2:2", "--set", "optimizer={ kind: sgd, rate: 1e38 }");
        BackpropCommand[] workers = [scene.StartWorker(), scene.StartWorker()];

        var result = scene.Coordinator.Finish();

        result.ShouldFail(3, "The run diverged at step ", "layers.", "is not finite; lower the learning rate");
        workers.ShouldAllBe(w => w.Finish().ExitCode == 0);
        scene.Record.Summary.GetProperty("status").GetString().ShouldBe("diverged");
    }

    [Fact]
    public void ACoordinatorOfAnotherVersion_IsRefusedByTheWorkerWithBoth()
    {
        ShouldRefuse(
            c => (c.ProtocolMin, c.ProtocolMax) = (4, 6),
            "speaks protocol versions 4 to 6, this worker",
            $"version {FrameFormat.ProtocolVersion}; install the same");
        ShouldRefuse(
            c => c.Numerics = NumericsVersion.Current + 7,
            $"computes with numerics version {NumericsVersion.Current + 7}, this worker",
            $"with {NumericsVersion.Current}, so their bits differ");
    }

    private static CommandResult Start(ClusterScene scene, params IEnumerable<string> more) => BackpropCommand.Run(
        scene.Path,
        ["coordinator", "endless.yaml", "--run-dir", "second", .. more.Contains("--http") ? [] : (string[])["--http", "none"], .. more]);

    private static void ShouldRefuse(Action<Challenge> spoil, params string[] parts)
    {
        using var scene = new ClusterScene();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var worker = BackpropCommand.StartWorker(scene.Path, "--coordinator", $"{listener.LocalEndPoint}");
        using var link = new FrameLink(listener.Accept(), new FrameScanner(FrameLimits.Stranger), TimeProvider.System);
        var challenge = Handshake.Challenge(RandomNumberGenerator.GetBytes(Handshake.NonceBytes), null);
        spoil(challenge);
        link.Send(FrameKind.Challenge, challenge);

        Should.Throw<LinkClosedException>(() => link.Receive());
        worker.Finish().ShouldFail(7, parts);
    }
}
