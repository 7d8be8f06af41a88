using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Google.Protobuf;

namespace Backprop.Tests.Shared.Protocol;

public sealed class HandshakeTests
{
    private static readonly JoinToken Token = new("a secret of at least sixteen bytes"u8);
    private static readonly JoinToken Other = new("a secret of at least sixteen bytez"u8);
    private static readonly byte[] FirstNonce = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly byte[] SecondNonce = [.. Enumerable.Range(101, 32).Select(i => (byte)i)];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TwoThatFitComeTogether(bool withToken)
    {
        var token = withToken ? Token : null;
        var challenge = Handshake.Challenge(FirstNonce, token);
        ChallengeCheck.Check(challenge, token).ShouldBeNull();
        var hello = Handshake.Hello(challenge, SecondNonce, token, Worker());
        HelloCheck.Check(challenge, hello, token).ShouldBeNull();
        var welcome = Handshake.Welcome(challenge, hello, token, 5, Liveness.Default, "digits");
        ChallengeCheck.Check(challenge, hello, welcome, token).ShouldBeNull();
        Liveness.Of(welcome).ShouldBe(Liveness.Default);
        welcome.Worker.ShouldBe(5);
        hello.Proof.IsEmpty.ShouldBe(!withToken);
    }

    [Fact]
    public void AWorkerWithAnotherTokenIsRefused()
    {
        var challenge = Handshake.Challenge(FirstNonce, Token);

        Refused(HelloCheck.Check(challenge, Handshake.Hello(challenge, SecondNonce, Other, Worker()), Token), ExitCode.Authentication);
    }

    [Fact]
    public void AWorkerWithoutTokenIsRefusedByBothSides()
    {
        var challenge = Handshake.Challenge(FirstNonce, Token);

        Refused(ChallengeCheck.Check(challenge, null), ExitCode.Authentication, "--token-file");
        Refused(HelloCheck.Check(challenge, Handshake.Hello(challenge, SecondNonce, null, Worker()), Token), ExitCode.Authentication);
    }

    [Fact]
    public void AWorkerWithATokenDoesNotTrustACoordinatorThatKnowsNone() =>
        Refused(ChallengeCheck.Check(Handshake.Challenge(FirstNonce, null), Token), ExitCode.Authentication, "the coordinator knows none");

    [Fact]
    public void ACoordinatorThatCannotProveTheTokenIsRefused()
    {
        var challenge = Handshake.Challenge(FirstNonce, Token);
        var hello = Handshake.Hello(challenge, SecondNonce, Token, Worker());
        var others = ByteString.CopyFrom(Other.Prove(ProofRole.Coordinator, challenge, hello));
        foreach (var proof in (ByteString[])[ByteString.Empty, hello.Proof, others])
        {
            var welcome = Handshake.Welcome(challenge, hello, null, 5, Liveness.Default, "digits");
            welcome.Proof = proof;
            Refused(ChallengeCheck.Check(challenge, hello, welcome, Token), ExitCode.Authentication);
        }
    }

    [Fact]
    public void AProofIsGoodForOneConversationOnly()
    {
        var challenge = Handshake.Challenge(FirstNonce, Token);
        var hello = Handshake.Hello(challenge, SecondNonce, Token, Worker());
        Action<Challenge, Hello>[] changes =
        [
            (c, _) => c.Nonce = ByteString.CopyFrom(SecondNonce),
            (_, h) => h.Nonce = ByteString.CopyFrom(FirstNonce),
            (_, h) => h.Name = "another",
            (_, h) => h.Instance = ByteString.CopyFrom(new byte[16]),
            (_, h) => h.Incarnation++,
            (_, h) => h.Slots++,
            (_, h) => h.Version = "9.9.9",
            (_, h) => h.Identity = "abc",
            (c, _) => c.Version = "9.9.9",
        ];
        foreach (var change in changes)
        {
            var (asked, said) = (challenge.Clone(), hello.Clone());
            change(asked, said);
            Refused(HelloCheck.Check(asked, said, Token), ExitCode.Authentication);
        }
    }

    [Fact]
    public void AnotherProtocolIsRefusedWithBothVersions()
    {
        var challenge = Handshake.Challenge(FirstNonce, null);
        var hello = Handshake.Hello(challenge, SecondNonce, null, Worker());
        hello.Protocol = 7;
        Refused(HelloCheck.Check(challenge, hello, null), ExitCode.Mismatch, "protocol version 7", "version 1");

        challenge.ProtocolMin = 2;
        challenge.ProtocolMax = 3;
        Refused(ChallengeCheck.Check(challenge, null), ExitCode.Mismatch, "versions 2 to 3", "version 1");
    }

    [Fact]
    public void OtherNumericsAreRefusedWithBothVersions()
    {
        var challenge = Handshake.Challenge(FirstNonce, null);
        var hello = Handshake.Hello(challenge, SecondNonce, null, Worker());
        hello.Numerics = 41;
        Refused(HelloCheck.Check(challenge, hello, null), ExitCode.Mismatch, "numerics version 41", $"with {NumericsVersion.Current}");

        challenge.Numerics = 42;
        Refused(ChallengeCheck.Check(challenge, null), ExitCode.Mismatch, "numerics version 42", $"with {NumericsVersion.Current}");
    }

    [Fact]
    public void FieldsThatMakeNoSenseAreRefused()
    {
        Action<Hello>[] changes =
        [
            h => h.Nonce = ByteString.Empty,
            h => h.Name = "",
            h => h.Name = new string('x', 65),
            h => h.Name = "two\nlines",
            h => h.Name = " blank",
            h => h.Name = "\u001b[2J",
            h => h.Version = "ä",
            h => h.Identity = new string('x', 65),
            h => h.Instance = ByteString.CopyFrom(new byte[15]),
            h => h.Incarnation = -1,
            h => h.Slots = 0,
            h => h.Slots = 1025,
        ];
        var challenge = Handshake.Challenge(FirstNonce, null);
        foreach (var change in changes)
        {
            var hello = Handshake.Hello(challenge, SecondNonce, null, Worker());
            change(hello);
            var refusal = HelloCheck.Check(challenge, hello, null).ShouldNotBeNull();
            refusal.ExitCode.ShouldBeOneOf((int)ExitCode.Usage, (int)ExitCode.Mismatch);
            refusal.Reason.ShouldAllBe(c => !char.IsControl(c));
        }
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(3, 3)]
    [InlineData(double.NaN, 3)]
    [InlineData(1, double.NaN)]
    [InlineData(1, double.PositiveInfinity)]
    [InlineData(1e-300, 3)]
    public void AWelcomeWithoutSensibleTimesIsNone(double heartbeat, double silence)
    {
        var challenge = Handshake.Challenge(FirstNonce, null);
        var hello = Handshake.Hello(challenge, SecondNonce, null, Worker());
        var welcome = new Welcome { Worker = 1, HeartbeatSeconds = heartbeat, SilenceSeconds = silence };

        Should.Throw<ProtocolException>(() => ChallengeCheck.Check(challenge, hello, welcome, null));
    }

    [Fact]
    public void AChallengeWithoutRandomBytesIsNone() =>
        Should.Throw<ProtocolException>(() => ChallengeCheck.Check(Handshake.Challenge([], null), null));

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

    private static WorkerIdentity Worker() => new("left", ByteString.CopyFrom(SecondNonce.AsSpan(0, 16)), 3, 2, "");

    private static void Refused(Refusal? refusal, ExitCode code, params string[] says)
    {
        refusal.ShouldNotBeNull().ExitCode.ShouldBe((int)code);
        foreach (var part in says)
        {
            refusal.Reason.ShouldContain(part);
        }
    }
}
