using System.Net;
using System.Net.Sockets;
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
    [InlineData("0.0.0.0:0", "0.0.0.0 can be reached from other machines: give this process a certificate with --identity")]
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
        var token = scene.WriteToken("token", "0123456789abcdef");

        Start(scene, "--listen", address, "--token-file", token, "--insecure").ShouldFail(2, sentence);
    }

    [Fact]
    public void ToBeReachedFromOtherMachines_NeedsAWordThatNothingIsEncrypted()
    {
        using var scene = new ClusterScene();
        var token = scene.WriteToken("token", "0123456789abcdef");

        Start(scene, "--listen", "0.0.0.0:0", "--token-file", token)
            .ShouldFail(2, "0.0.0.0 can be reached from other machines, and nothing on the way is encrypted", "--insecure", "ssh tunnel");
        Start(scene, "--listen", "0.0.0.0:0", "--token-file", token, "--insecure", "--wait", "0.3")
            .ShouldFail(4, "nothing between this machine and its workers is encrypted");
    }

    [Theory]
    [InlineData("127.0.0.1:65534", "Port 65534 leaves no room for that of the links, 2 above it")]
    [InlineData("127.0.0.1:65535", "Port 65535 leaves no room for that of the links, 2 above it")]
    public void APortWithoutRoomForTheNext_IsSaid(string address, string sentence)
    {
        using var scene = new ClusterScene();

        Start(scene, "--listen", address).ShouldFail(2, sentence);
    }

    [Fact]
    public void APortOfLinksInUse_IsSaidWithItsNumber()
    {
        using var scene = new ClusterScene();
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        // Where the other port is in use as well, that one is named.
        Start(scene, "--listen", $"127.0.0.1:{port - 2}").ShouldFail(2, " cannot be listened on", "choose another with --listen");
    }

    [Theory]
    [InlineData("--workers takes MIN:MAX, two numbers from 1 to 1024, not '0:3'", "--workers", "0:3")]
    [InlineData("--workers takes MIN:MAX, two numbers from 1 to 1024, not '3:1'", "--workers", "3:1")]
    [InlineData("--workers takes MIN:MAX, two numbers from 1 to 1024, not '1:2:3'", "--workers", "1:2:3")]
    [InlineData("--workers takes MIN:MAX, two numbers from 1 to 1024, not 'many'", "--workers", "many")]
    [InlineData("--wait takes a number of seconds above 0 and at most 2592000", "--wait", "0")]
    [InlineData("--wait takes a number of seconds above 0 and at most 2592000", "--wait", "NaN")]
    [InlineData("--wait takes a number of seconds above 0 and at most 2592000", "--wait", "1e30")]
    [InlineData("--wait takes a number, not 'long'", "--wait", "long")]
    [InlineData("--log takes text or json, not 'xml'", "--log", "xml")]
    [InlineData("--http needs HOST:PORT", "--http", "here")]
    [InlineData("--stop-at takes a step of 1 or more", "--stop-at", "0")]
    [InlineData("--resume and --overwrite exclude each other", "--resume", "--overwrite")]
    [InlineData("second holds no run to resume", "--resume", "--listen", "127.0.0.1:0")]
    [InlineData("--token-file was given an empty value", "--token-file", "")]
    [InlineData("The token file 'gone' cannot be read", "--token-file", "gone")]
    [InlineData("The token file '.' cannot be read: it is a folder", "--token-file", ".")]
    [InlineData("There is no option --wrokers; did you mean '--workers'?", "--wrokers", "1:2")]
    [InlineData("There is an argument too many: more", "more")]
    public void AWrongCommandLine_IsSaidBeforeAnythingIsWritten(string sentence, params string[] arguments)
    {
        using var scene = new ClusterScene();

        Start(scene, arguments).ShouldFail(2, sentence);

        Directory.Exists(Path.Combine(scene.Path, "second", "checkpoints")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("short", UnixFileMode.UserRead, "holds 5 bytes and needs 16; make a token with")]
    [InlineData("0123456789abcdef", UnixFileMode.UserRead | UnixFileMode.OtherRead, "is open to every user of this machine; close it with")]
    [InlineData(null, UnixFileMode.UserRead, "is longer than 4096 bytes; a token is a line of text")]
    public void ATokenFileThatKeepsNoSecret_IsRefused(string? text, UnixFileMode mode, string sentence)
    {
        using var scene = new ClusterScene();
        var token = Path.Combine(scene.Path, "token");
        File.WriteAllText(token, text ?? new string('a', 4097));
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("It has other rights.");
        }
        else
        {
            File.SetUnixFileMode(token, mode);
        }

        Start(scene, "--listen", "127.0.0.1:0", "--token-file", token).ShouldFail(2, sentence);
    }

    [Fact]
    public void ARunFolderThatAnotherCoordinatorHas_IsNamedWithItsProcess()
    {
        using var scene = new ClusterScene();
        scene.StartCoordinator();

        var result = BackpropCommand.Run(
            scene.Path, "coordinator", "endless.yaml", "--http", "none", "--listen", "127.0.0.1:0", "--run-dir", "run", "--resume");
        result.ShouldFail(2, $"run is in use by process {scene.Coordinator.Id}");
    }

    [Fact]
    public void WorkersThatNeverCome_EndTheRunInTime_AndItCanBeResumed()
    {
        using var scene = new ClusterScene();

        var result = Start(scene, "--listen", "127.0.0.1:0", "--workers", "2", "--wait", "0.3");

        result.ShouldFail(4, "Only 0 of at least 2 workers were there for 0.3 s", "resume with --resume", "The last good weights are in");
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

    private static CommandResult Start(ClusterScene scene, params IEnumerable<string> more) => BackpropCommand.Run(
        scene.Path,
        ["coordinator", "endless.yaml", "--run-dir", "second", .. more.Contains("--http") ? [] : (string[])["--http", "none"], .. more]);
}
