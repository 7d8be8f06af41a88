using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop.Shared.Protocol;

/// <summary>The coordinator's side of the door: may somebody who said this come in? Pure.</summary>
internal static class JoinCheck
{
    /// <summary>How many random bytes tell one worker process from another.</summary>
    public const int InstanceBytes = 16;

    /// <summary>The most compute threads that a worker may have.</summary>
    public const int SlotsMaximum = 1024;

    /// <summary>A request is kept as long as its worker; so it may be no longer than one on a local link.</summary>
    private const int RequestBytes = 4096;

    /// <summary>Null where the worker may come in; otherwise what to answer.</summary>
    public static Refusal? Check(JoinRequest request) => OfVersions(request) ?? OfFields(request);

    private static Refusal? OfVersions(JoinRequest request)
    {
        if (request.Protocol != FrameFormat.ProtocolVersion)
        {
            return Refusals.Because(
                ExitCode.Mismatch,
                $"The worker (version {WireText.Name(request.Version)}) speaks protocol version {request.Protocol}, the coordinator "
                + $"(version {ProgramVersion.Text}) version {FrameFormat.ProtocolVersion}; install the same version of Backprop on both.");
        }

        return request.Numerics == NumericsVersion.Current ? null : Refusals.Because(
            ExitCode.Mismatch,
            $"The worker (version {WireText.Name(request.Version)}) computes with numerics version {request.Numerics}, the coordinator "
            + $"(version {ProgramVersion.Text}) with {NumericsVersion.Current}, so their bits differ; install the same version of "
            + "Backprop on both.");
    }

    private static Refusal? OfFields(JoinRequest request)
    {
        if (request.CalculateSize() > RequestBytes)
        {
            return Refusals.Because(ExitCode.Usage, $"The worker's request is longer than {RequestBytes} bytes.");
        }

        if (!WireText.IsName(request.Name))
        {
            return Refusals.Because(
                ExitCode.Usage,
                $"The worker's name '{WireText.Name(request.Name)}' is not one to {WireText.NameMaximum} characters of printable ASCII.");
        }

        if (!WireText.IsName(request.Version) || (request.Identity.Length > 0 && !WireText.IsName(request.Identity)))
        {
            return Refusals.Because(
                ExitCode.Usage,
                $"The worker's version or run identity is not one to {WireText.NameMaximum} characters of printable ASCII.");
        }

        if (request.Instance.Length != InstanceBytes || request.Incarnation < 0)
        {
            return Refusals.Because(
                ExitCode.Usage,
                $"The worker's instance has {request.Instance.Length} bytes, not {InstanceBytes}, or its incarnation "
                + $"{request.Incarnation} is negative.");
        }

        return request.Slots is >= 1 and <= SlotsMaximum
            ? null
            : Refusals.Because(ExitCode.Usage, $"The worker has {request.Slots} slots; 1 to {SlotsMaximum} are allowed.");
    }
}
