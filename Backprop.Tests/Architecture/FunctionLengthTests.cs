using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Backprop.Coordinator.Core;
using Backprop.Shared.Data;
using Backprop.Worker.Core;

namespace Backprop.Tests.Architecture;

/// <summary>
/// A function past 60 lines has a second idea in it. Lines are counted from its first statement to its last, as the debugger's symbols have
/// them. The kernels may be longer, because what they keep in registers cannot be handed to another function; constructors are not
/// counted, because their statements stand where the fields are, too.
/// </summary>
public sealed class FunctionLengthTests
{
    private const int LinesMaximum = 60;
    private const string Exempt = "Backprop.Shared/Kernels/";

    [Theory]
    [InlineData(typeof(BatchPlan))]
    [InlineData(typeof(CoordinatorCore))]
    [InlineData(typeof(WorkerCore))]
    [InlineData(typeof(FunctionLengthTests))]
    public void NoFunctionHoldsASecondIdea(Type oneOfTheProject)
    {
        var tooLong = Functions(oneOfTheProject.Assembly).Where(function => function.Lines > LinesMaximum);

        tooLong.Select(function => $"{function.Name}: {function.Lines} lines")
            .ShouldBeEmpty($"more than {LinesMaximum} lines: give a part of it a name, and make that a function");
    }

    [Fact]
    public void TheCheckCountsLines() => Functions(typeof(FunctionLengthTests).Assembly)
        .Single(function => function.Name == $"{nameof(FunctionLengthTests)}.{nameof(OfThreeLines)}")
        .Lines.ShouldBeInRange(3, 5, "a build for debugging counts the braces");

    private static int OfThreeLines(int number)
    {
        number++;
        number *= 2;
        return number;
    }

    private static IEnumerable<(string Name, int Lines)> Functions(Assembly assembly)
    {
        using var stream = File.OpenRead(Path.ChangeExtension(assembly.Location, ".pdb"));
        using var provider = MetadataReaderProvider.FromPortablePdbStream(stream);
        var symbols = provider.GetMetadataReader();
        foreach (var handle in symbols.MethodDebugInformation)
        {
            var method = assembly.ManifestModule.ResolveMethod(MetadataTokens.GetToken(handle.ToDefinitionHandle()))!;
            var points = symbols.GetMethodDebugInformation(handle).GetSequencePoints().Where(point => !point.IsHidden).ToArray();
            if (points.Length > 0 && method is MethodInfo && IsOurs(symbols.GetString(symbols.GetDocument(points[0].Document).Name)))
            {
                var lines = points.Max(point => point.EndLine) - points.Min(point => point.StartLine) + 1;
                yield return ($"{method.DeclaringType!.Name}.{method.Name}", lines);
            }
        }
    }

    private static bool IsOurs(string document)
    {
        var path = document.Replace('\\', '/');
        return !path.Contains(Exempt, StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal);
    }
}
