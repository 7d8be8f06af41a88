using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop.Shared.Protocol;

/// <summary>The worker's side of the door: is this a coordinator to work for? Pure.</summary>
internal static class ChallengeCheck
{
    private const double SecondsMinimum = 0.001;
    private const double SecondsMaximum = 86_400;

    /// <summary>Null where the worker may say Hello; otherwise why it goes, with its exit code.</summary>
    /// <param name="challenge">What the coordinator said first.</param>
    /// <param name="token">The worker's own; null: it was given none.</param>
    /// <exception cref="ProtocolException">The challenge is none.</exception>
    public static Refusal? Check(Challenge challenge, JoinToken? token)
    {
        if (challenge.Nonce.Length != Handshake.NonceBytes)
        {
            throw new ProtocolException($"The coordinator gave {challenge.Nonce.Length} random bytes; {Handshake.NonceBytes} are needed.");
        }

        if (FrameFormat.ProtocolVersion < challenge.ProtocolMin || FrameFormat.ProtocolVersion > challenge.ProtocolMax)
        {
            return Refusals.Because(
                ExitCode.Mismatch,
                $"The coordinator (version {WireText.Name(challenge.Version)}) speaks protocol {Range(challenge)}, this worker (version "
                + $"{ProgramVersion.Text}) version {FrameFormat.ProtocolVersion}; install the same version of Backprop on both.");
        }

        if (challenge.Numerics != NumericsVersion.Current)
        {
            return Refusals.Because(
                ExitCode.Mismatch,
                $"The coordinator (version {WireText.Name(challenge.Version)}) computes with numerics version {challenge.Numerics}, this "
                + $"worker (version {ProgramVersion.Text}) with {NumericsVersion.Current}, so their bits differ; install the same "
                + "version of Backprop on both.");
        }

        return (challenge.TokenRequired, token) switch
        {
            (true, null) => Refusals.Because(
                ExitCode.Authentication,
                "The coordinator asks for a token and this worker has none; give it the coordinator's --token-file."),
            (false, not null) => Refusals.Because(
                ExitCode.Authentication,
                "This worker was given a token and the coordinator knows none, so it cannot prove that it is the right one; start the "
                + "coordinator with --token-file, or this worker without."),
            _ => null,
        };
    }

    /// <summary>Null where the coordinator has proved that it knows the token too; otherwise why the worker goes.</summary>
    /// <exception cref="ProtocolException">The welcome is none.</exception>
    public static Refusal? Check(Challenge challenge, Hello hello, Welcome welcome, JoinToken? token)
    {
        if (token is not null && !token.Verify(ProofRole.Coordinator, challenge, hello, welcome.Proof.Span))
        {
            return Refusals.Because(
                ExitCode.Authentication,
                "The coordinator has not proved that it knows this worker's token; check the address and both sides' --token-file.");
        }

        // Said so that what is not a number fails.
        var (heartbeat, silence) = (welcome.HeartbeatSeconds, welcome.SilenceSeconds);
        return heartbeat >= SecondsMinimum && silence > heartbeat && silence <= SecondsMaximum ? null : throw new ProtocolException(
            $"The coordinator wants a heartbeat every {heartbeat} s and takes {silence} s for silence; the first must be at least "
            + $"{SecondsMinimum} and below the second, which may be {SecondsMaximum} at most.");
    }

    /// <summary>The challenge's protocol versions in words.</summary>
    internal static string Range(Challenge challenge) => challenge.ProtocolMin == challenge.ProtocolMax
        ? $"version {challenge.ProtocolMin}"
        : $"versions {challenge.ProtocolMin} to {challenge.ProtocolMax}";
}
