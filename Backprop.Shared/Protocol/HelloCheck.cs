using Backprop.Shared.Primitives;

namespace Backprop.Shared.Protocol;

/// <summary>The coordinator's side of the door: may somebody who said this come in? Pure.</summary>
internal static class HelloCheck
{
    /// <summary>The most compute threads that a worker may have.</summary>
    public const int SlotsMaximum = 1024;

    /// <summary>Null where the worker may come in; otherwise what to answer before the connection is closed.</summary>
    /// <param name="challenge">What it was asked.</param>
    /// <param name="hello">What it answered.</param>
    /// <param name="token">What it must know; null: nothing.</param>
    public static Refusal? Check(Challenge challenge, Hello hello, JoinToken? token) =>
        OfVersions(challenge, hello) ?? OfToken(challenge, hello, token) ?? OfFields(hello);

    // Versions come first, also before the token: somebody of another version may write its proof in another way.
    private static Refusal? OfVersions(Challenge challenge, Hello hello)
    {
        if (hello.Protocol < challenge.ProtocolMin || hello.Protocol > challenge.ProtocolMax)
        {
            return Refusals.Because(
                ExitCode.Mismatch,
                $"The worker (version {WireText.Name(hello.Version)}) speaks protocol version {hello.Protocol}, the coordinator (version "
                + $"{challenge.Version}) {ChallengeCheck.Range(challenge)}; install the same version of Backprop on both.");
        }

        return hello.Numerics == challenge.Numerics ? null : Refusals.Because(
            ExitCode.Mismatch,
            $"The worker (version {WireText.Name(hello.Version)}) computes with numerics version {hello.Numerics}, the coordinator "
            + $"(version {challenge.Version}) with {challenge.Numerics}, so their bits differ; install the same version of Backprop on "
            + "both.");
    }

    private static Refusal? OfToken(Challenge challenge, Hello hello, JoinToken? token)
    {
        if (hello.Nonce.Length != Handshake.NonceBytes)
        {
            return Refusals.Because(
                ExitCode.Mismatch,
                $"The worker gave {hello.Nonce.Length} random bytes; {Handshake.NonceBytes} are needed.");
        }

        if (token is null)
        {
            return null;
        }

        if (hello.Proof.IsEmpty)
        {
            return Refusals.Because(
                ExitCode.Authentication,
                "The coordinator asks for a token and the worker has none; give the worker the coordinator's --token-file.");
        }

        return token.Verify(ProofRole.Worker, challenge, hello, hello.Proof.Span) ? null : Refusals.Because(
            ExitCode.Authentication,
            "The worker's token is not the coordinator's; give the worker the coordinator's --token-file.");
    }

    private static Refusal? OfFields(Hello hello)
    {
        if (!WireText.IsName(hello.Name))
        {
            return Refusals.Because(
                ExitCode.Usage,
                $"The worker's name '{WireText.Name(hello.Name)}' is not one to {WireText.NameMaximum} characters of printable ASCII.");
        }

        if (!WireText.IsName(hello.Version) || (hello.Identity.Length > 0 && !WireText.IsName(hello.Identity)))
        {
            return Refusals.Because(
                ExitCode.Usage,
                $"The worker's version or run identity is not one to {WireText.NameMaximum} characters of printable ASCII.");
        }

        if (hello.Instance.Length != Handshake.InstanceBytes || hello.Incarnation < 0)
        {
            return Refusals.Because(
                ExitCode.Usage,
                $"The worker's instance has {hello.Instance.Length} bytes, not {Handshake.InstanceBytes}, or its incarnation "
                + $"{hello.Incarnation} is negative.");
        }

        return hello.Slots is >= 1 and <= SlotsMaximum
            ? null
            : Refusals.Because(ExitCode.Usage, $"The worker has {hello.Slots} slots; 1 to {SlotsMaximum} are allowed.");
    }
}
