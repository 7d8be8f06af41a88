namespace Backprop.Shared.Optimizers;

/// <summary>The <c>clip</c> section of a run file: the averaged gradient is scaled down where its global norm is above a limit.</summary>
public sealed record ClipSpec
{
    /// <summary>
    /// The limit. The averaged gradient is multiplied by min(1, norm / (its norm + 1e-6)), computed in float64 and rounded once, as
    /// PyTorch does. Above 0 and finite; must be given.
    /// </summary>
    public required double Norm
    {
        get;
        init => field = value > 0 && double.IsFinite(value) ? value
            : throw new ArgumentOutOfRangeException(nameof(Norm), "norm must be above 0 and finite");
    }
}
