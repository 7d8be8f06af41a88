namespace Backprop.Shared.Runs;

/// <summary>
/// The version of everything that decides bits: kernels, orders of sums, functions, random numbers. Part of every run's identity.
/// </summary>
public static class NumericsVersion
{
    /// <summary>Goes up by one with every change of a golden hash.</summary>
    public const int Current = 1;
}
