namespace Backprop.Shared.Kernels.Products;

/// <summary>
/// What happens to an output once its chain is complete: bias and activation in a forward product, the activation's derivative in an
/// input gradient. Applied to a few rows at a time, while they are in the nearest cache.
/// </summary>
internal interface IProductStore
{
    /// <summary>False where the chain's value is the output.</summary>
    static abstract bool Changes { get; }

    /// <summary>The output, from the chain's value and the element beside it (a bias, or the activation's output).</summary>
    static abstract TVector Apply<TWidth, TVector>(TVector value, TVector side)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct;
}

/// <summary>The chain's value as it is.</summary>
internal readonly struct StorePlain : IProductStore
{
    public static bool Changes => false;

    public static TVector Apply<TWidth, TVector>(TVector value, TVector side)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct => value;
}

/// <summary>value + bias: a bias joins after its product's chain.</summary>
internal readonly struct StoreBias : IProductStore
{
    public static bool Changes => true;

    public static TVector Apply<TWidth, TVector>(TVector value, TVector side)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct => TWidth.Add(value, side);
}
