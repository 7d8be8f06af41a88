using Backprop.Shared.Identity;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Identity;

public sealed class IdentityFolderTests : IDisposable
{
    private static readonly string[] Files = ["identity.key", "identity.crt", "ca.crt"];
    private readonly ManualClock _clock = new();
    private readonly TestCluster _cluster;

    public IdentityFolderTests() => _cluster = new TestCluster(_clock);

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public void ANewCertificate_IsUsedWithoutARestart_AndAnUnreadableOneIsNot()
    {
        var folder = _cluster.Issue("a", Role.Coordinator);
        var first = folder.Current.Certificate.SerialNumber;
        _cluster.Write("new", Role.Coordinator);

        Replace("identity.crt");
        _clock.Leap(2);
        folder.Current.Certificate.SerialNumber.ShouldBe(first, "its key has not come yet");
        Replace("identity.key");
        _clock.Leap(0.5);
        folder.Current.Certificate.SerialNumber.ShouldBe(first, "files are looked at once a second");
        _clock.Leap(2);

        folder.Current.Certificate.SerialNumber.ShouldNotBe(first);
        folder.Current.Name.Name.ShouldBe("new");

        void Replace(string file)
        {
            File.Copy(Path.Combine(_cluster["new"], file), Path.Combine(_cluster["a"], file), overwrite: true);
            var day = new DateTime(2040, 1, 1 + Array.IndexOf(Files, file), 0, 0, 0, DateTimeKind.Utc);
            File.SetLastWriteTimeUtc(Path.Combine(_cluster["a"], file), day);
        }
    }

    [Fact]
    public void WhatIsMissingOrDamagedOrTooOld_IsRefusedInWords()
    {
        foreach (var file in Files)
        {
            _cluster.Write(file, Role.Node);
            File.WriteAllText(Path.Combine(_cluster[file], file), "nonsense");
            Open(file).ExitCode.ShouldBe(ExitCode.Usage);
            File.Delete(Path.Combine(_cluster[file], file));
            Open(file).ExitCode.ShouldBe(ExitCode.Usage);
        }

        _cluster.Write("short", Role.Node, TimeSpan.FromDays(1));
        _clock.Leap(2 * 86400);
        Open("short").ExitCode.ShouldBe(ExitCode.Authentication);
        Open("short").Message.ShouldContain("was good until");

        UserException Open(string name) => Should.Throw<UserException>(() => new IdentityFolder(_cluster[name], _clock));
    }

    [Fact]
    public void ACertificateIsForItsRoleAlone()
    {
        var worker = _cluster.Issue("w", Role.Worker).Current;

        worker.Require("a worker", Role.Node, Role.Worker);
        Should.Throw<UserException>(() => worker.Require("a node", Role.Coordinator, Role.Node))
            .Message.ShouldBe("The certificate of w is for the role worker, and a node needs coordinator or node; issue another.");
    }
}
