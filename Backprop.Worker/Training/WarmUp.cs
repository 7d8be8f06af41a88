namespace Backprop.Worker.Training;

/// <summary>
/// Computes the largest spans and some evaluation blocks on whatever weights an engine has, before it counts: so that its code is
/// compiled and its memory touched before the first real shard.
/// </summary>
internal sealed class WarmUp(SpanEngine engine, TimeProvider time) : IStepProgress
{
    private const int PassesMinimum = 2;
    private const int PassesMaximum = 100;
    private static readonly TimeSpan Enough = TimeSpan.FromMilliseconds(200);

    /// <summary>Warms the engine up.</summary>
    /// <returns>How many samples a second it computed in its fastest pass; 0 where it is not known.</returns>
    public double Run()
    {
        try
        {
            return Passes();
        }
        catch (LayerFailedException)
        {
            // What a layer has against such weights is nobody's business.
            return 0;
        }
    }

    /// <inheritdoc/>
    public bool AwaitWeights(int end) => true;

    /// <inheritdoc/>
    public bool GradientReady(int start) => true;

    private double Passes()
    {
        var begun = time.GetTimestamp();
        var speed = 0.0;
        for (var pass = 0; pass < PassesMinimum || (pass < PassesMaximum && time.GetElapsedTime(begun) < Enough); pass++)
        {
            var start = time.GetTimestamp();
            engine.Begin(1, engine.Root);
            engine.Compute(this);
            var seconds = Math.Max(time.GetElapsedTime(start).TotalSeconds, 1e-9);
            speed = Math.Max(speed, engine.SamplesOf(1, engine.Root) / seconds);
        }

        if (engine.Evaluation is { } evaluation)
        {
            engine.Evaluate(0, Math.Min(engine.BlocksOfACall, evaluation.Fold.Blocks));
        }

        return speed;
    }
}
