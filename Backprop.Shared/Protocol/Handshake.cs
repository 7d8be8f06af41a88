using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Google.Protobuf;

namespace Backprop.Shared.Protocol;

/// <summary>
/// The first three messages. Random bytes are handed in (they must come from a cryptographic source); who checks what is in
/// <see cref="HelloCheck"/> and <see cref="ChallengeCheck"/>.
/// </summary>
internal static class Handshake
{
    /// <summary>How many random bytes each side gives.</summary>
    public const int NonceBytes = 32;

    /// <summary>How many random bytes tell one worker process from another.</summary>
    public const int InstanceBytes = 16;

    /// <summary>What a coordinator says to whoever connects.</summary>
    public static Challenge Challenge(ReadOnlySpan<byte> nonce, JoinToken? token) => new()
    {
        ProtocolMin = FrameFormat.ProtocolVersion,
        ProtocolMax = FrameFormat.ProtocolVersion,
        Numerics = NumericsVersion.Current,
        Version = ProgramVersion.Text,
        Nonce = ByteString.CopyFrom(nonce),
        TokenRequired = token is not null,
    };

    /// <summary>What a worker answers to a challenge that <see cref="ChallengeCheck"/> has let pass.</summary>
    public static Hello Hello(Challenge challenge, ReadOnlySpan<byte> nonce, JoinToken? token, in WorkerIdentity worker)
    {
        var hello = new Hello
        {
            Protocol = FrameFormat.ProtocolVersion,
            Numerics = NumericsVersion.Current,
            Version = ProgramVersion.Text,
            Nonce = ByteString.CopyFrom(nonce),
            Name = worker.Name,
            Instance = worker.Instance,
            Incarnation = worker.Incarnation,
            Slots = worker.Slots,
            Identity = worker.RunIdentity,
        };
        hello.Proof = Proof(ProofRole.Worker, token, challenge, hello);
        return hello;
    }

    /// <summary>What a coordinator says to a worker that <see cref="HelloCheck"/> has let pass.</summary>
    public static Welcome Welcome(Challenge challenge, Hello hello, JoinToken? token, int worker, Liveness liveness, string run) => new()
    {
        Worker = worker,
        Proof = Proof(ProofRole.Coordinator, token, challenge, hello),
        HeartbeatSeconds = liveness.Heartbeat.TotalSeconds,
        SilenceSeconds = liveness.Silence.TotalSeconds,
        Run = run,
    };

    private static ByteString Proof(ProofRole role, JoinToken? token, Challenge challenge, Hello hello) =>
        token is null ? ByteString.Empty : ByteString.CopyFrom(token.Prove(role, challenge, hello));
}

/// <summary>What a worker says of itself.</summary>
/// <param name="Name">For people: printable ASCII, at most 64 characters.</param>
/// <param name="Instance">16 random bytes, made when the process starts.</param>
/// <param name="Incarnation">Grows with every connection.</param>
/// <param name="Slots">Its compute threads.</param>
/// <param name="RunIdentity">Of the run that it has loaded; empty before the first.</param>
internal readonly record struct WorkerIdentity(string Name, ByteString Instance, long Incarnation, int Slots, string RunIdentity);
