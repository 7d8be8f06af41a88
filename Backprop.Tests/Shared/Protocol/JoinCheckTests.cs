using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Google.Protobuf;

namespace Backprop.Tests.Shared.Protocol;

public sealed class JoinCheckTests
{
    [Fact]
    public void AWorkerThatFitsMayComeIn() => JoinCheck.Check(Request()).ShouldBeNull();

    [Fact]
    public void AnotherProtocolOrNumericsVersion_IsRefusedWithBoth()
    {
        Refused(r => r.Protocol = 7, "protocol version 7", $"version {FrameFormat.ProtocolVersion}; install");
        Refused(r => r.Protocol = 1, "protocol version 1", $"version {FrameFormat.ProtocolVersion}; install");
        Refused(r => r.Numerics = 41, "numerics version 41", $"with {NumericsVersion.Current}");
    }

    [Fact]
    public void VersionsComeFirst_BecauseOthersMayWriteTheRestInAnotherWay() => Refused(
        r => (r.Protocol, r.Name) = (7, "\u001b[2J"), "protocol version 7");

    [Fact]
    public void FieldsThatMakeNoSenseAreRefused()
    {
        Action<JoinRequest>[] changes =
        [
            r => r.Name = "",
            r => r.Name = new string('x', 65),
            r => r.Name = "two\nlines",
            r => r.Name = " blank",
            r => r.Name = "\u001b[2J",
            r => r.Version = "ä",
            r => r.Identity = new string('x', 65),
            r => r.Instance = ByteString.CopyFrom(new byte[15]),
            r => r.Incarnation = -1,
            r => r.Slots = 0,
            r => r.Slots = 1025,
            r => r.ClusterSeen = new string('x', 5000),
        ];
        foreach (var change in changes)
        {
            var request = Request();
            change(request);
            var refusal = JoinCheck.Check(request).ShouldNotBeNull();
            refusal.ExitCode.ShouldBe((int)ExitCode.Usage);
            refusal.Reason.ShouldAllBe(c => !char.IsControl(c));
        }
    }

    [Theory]
    [InlineData(7, ExitCode.Mismatch)]
    [InlineData(0, ExitCode.Unexpected)]
    [InlineData(77, ExitCode.Unexpected)]
    public void ARefusalEndsTheWorkerWithItsCodeAndAPrintableSentence(int code, ExitCode expected)
    {
        var exception = Refusals.ToException(new Refusal { ExitCode = code, Reason = "no\u001b[2J\nroom" + new string('x', 1000) });

        exception.ExitCode.ShouldBe(expected);
        exception.Message.ShouldStartWith("no?[2J?room");
        exception.Message.Length.ShouldBeLessThan(510);
    }

    private static JoinRequest Request() => new()
    {
        Protocol = FrameFormat.ProtocolVersion,
        Numerics = NumericsVersion.Current,
        Version = ProgramVersion.Text,
        Name = "left",
        Instance = ByteString.CopyFrom(new byte[JoinCheck.InstanceBytes]),
        Incarnation = 3,
        Slots = 2,
    };

    private static void Refused(Action<JoinRequest> change, params string[] says)
    {
        var request = Request();
        change(request);
        var refusal = JoinCheck.Check(request).ShouldNotBeNull();
        refusal.ExitCode.ShouldBe((int)ExitCode.Mismatch);
        foreach (var part in says)
        {
            refusal.Reason.ShouldContain(part);
        }
    }
}
