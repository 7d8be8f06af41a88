using System.Globalization;
using System.Numerics;
using Backprop.Shared.Models;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Explain;

/// <summary>An explanation as a person reads it.</summary>
internal static class ExplanationText
{
    private const int SamplesMax = 64;
    private const int SampleColumnsMax = 4;

    /// <summary>The whole text.</summary>
    /// <param name="id">Only this sample, by its row in the source; null: the batch and its update.</param>
    /// <exception cref="UserException">The sample is not in the batch, or the batch is too long to read (exit code 2).</exception>
    public static string Of(Explanation explanation, int? id)
    {
        var samples = explanation.Samples;
        if (id is { } wanted && samples.All(s => s.Id != wanted))
        {
            throw new UserException(
                ExitCode.Usage,
                $"Sample {wanted} is not in the batch of step {explanation.Step}; that has {Ids(explanation)}. "
                + "Choose one of them, or another --step.");
        }

        if (id is null && samples.Count > SamplesMax)
        {
            throw new UserException(
                ExitCode.Usage,
                $"The batch has {samples.Count} samples, too many to read at once; choose one, as --sample {samples[0].Id}, "
                + "or lower the batch, as --set batch=4.");
        }

        var page = new Page();
        page.Line($"{explanation.Run.File.Name}: step {explanation.Step} of {explanation.Run.Steps}, epoch {explanation.Epoch}");
        page.Line($"the batch: {Ids(explanation)}");
        page.Line();
        foreach (var sample in samples.Where(s => id is null || s.Id == id))
        {
            SampleText.Write(page, explanation, sample);
        }

        Multiplications(page, explanation);
        if (id is null)
        {
            page.Line();
            Average(page, explanation);
            page.Line();
            Update(page, explanation);
        }

        page.Line();
        Agreement(page, EngineAgreement.Of(explanation));
        return page.ToString();
    }

    private static string Ids(Explanation explanation)
    {
        const int Shown = 12;
        var ids = explanation.Samples.Select(s => s.Id).ToArray();
        return $"{(ids.Length == 1 ? "sample" : "samples")} {string.Join(", ", ids.Take(Shown))}{(ids.Length > Shown ? ", …" : "")}";
    }

    private static void Multiplications(Page page, Explanation explanation)
    {
        var reused = explanation.Samples[0].Pass.Multiplications;
        var anew = PathProducts.Multiplications(explanation.Network);
        page.Line("multiplications on the way back, for one sample");
        page.Result("with reuse", "each δ worked out once, used by all that need it", Whole(reused));
        page.Result("without", "each weight's paths to the loss multiplied anew", Whole(anew));
    }

    private static string Whole(BigInteger value) => value < 10_000_000_000
        ? value.ToString(CultureInfo.InvariantCulture)
        : ((double)value).ToString("G6", CultureInfo.InvariantCulture);

    private static void Average(Page page, Explanation explanation)
    {
        var samples = explanation.Samples;
        page.Line(samples.Count == 1
            ? "average: the gradient of the only sample"
            : $"average: the samples' gradients, added and divided by {samples.Count}");
        var shown = samples.Count is > 1 and <= SampleColumnsMax ? samples : [];
        page.Columns("", [.. shown.Select(s => $"sample {s.Id}"), "average"]);
        foreach (var (name, place) in Places(explanation.Network.Layout))
        {
            page.Columns(name, [.. shown.Select(s => Page.Number(s.Pass.Gradient[place])), Page.Number(explanation.Update.Average[place])]);
        }
    }

    private static void Update(Page page, Explanation explanation)
    {
        var (update, optimizer) = (explanation.Update, explanation.Run.File.Optimizer);
        page.Line($"update: {Catalog<OptimizerSpec>.KindOf(optimizer.GetType())}, rate {Page.Number(explanation.Rate)}");
        page.Line($"  {update.Rule}");
        if (explanation.Run.File.Clip is { } clip)
        {
            var (norm, limit) = (Page.Number(update.Norm), Page.Number(clip.Norm));
            page.Line($"  gradient clipped: the average, whose norm is {norm}, times {Page.Number(update.Clip)} (limit {limit})");
        }

        if (optimizer.WeightDecay > 0)
        {
            page.Line(optimizer.DecaysWeightsDirectly
                ? $"  weight decay {Page.Number(optimizer.WeightDecay)}: before is first multiplied by 1 - rate · decay"
                : $"  weight decay {Page.Number(optimizer.WeightDecay)}: decay · before is added to the gradient");
        }

        page.Columns("", ["before", "gradient", "change", "after"]);
        foreach (var (name, place) in Places(explanation.Network.Layout))
        {
            var (before, after) = (explanation.Before[place], update.After?[place] ?? explanation.Engine.After[place]);
            page.Columns(name, [Page.Number(before), Page.Number(update.Taken[place]), Page.Number(after - before), Page.Number(after)]);
        }
    }

    private static void Agreement(Page page, EngineAgreement agreement)
    {
        if (agreement.Relative == 0)
        {
            page.Line("the engine agrees in every digit: losses, gradients, average and update");
            return;
        }

        var digits = agreement.Digits == 1 ? "1 digit" : $"{agreement.Digits} digits";
        page.Line($"the engine agrees to {digits} (in float32; this page is in float64); it is furthest off in");
        page.Line($"  {agreement.Where}: by {Page.Number(agreement.Relative)} of its largest value");
    }

    /// <summary>Every weight with its name and its place in the flat vector.</summary>
    private static IEnumerable<(string Name, int Place)> Places(ParameterLayout layout)
    {
        foreach (var parameter in layout.Parameters)
        {
            var columns = parameter.Shape.Rank == 2 ? parameter.Shape[1] : 0;
            for (var i = 0; i < parameter.Length; i++)
            {
                var index = columns > 0 ? $"{i / columns},{i % columns}" : $"{i}";
                yield return ($"{parameter.FullName}[{index}]", parameter.Start + i);
            }
        }
    }
}
