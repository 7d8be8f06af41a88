using System.Reflection;
using System.Text;
using System.Text.Json;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Http;
using Backprop.Tests.TestUtilities;
using Microsoft.Extensions.Logging;

namespace Backprop.Tests.Coordinator.Diagnostics;

/// <summary>docs/watching.md is what scripts are written by: it must know everything that can come.</summary>
public sealed class WatchingPageTests
{
    private static readonly string Page = File.ReadAllText(Repository.PathOf("docs/watching.md"));

    [Fact]
    public void It_has_every_event_of_the_log()
    {
        foreach (var method in typeof(LogEvents).GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Concat(typeof(NodeLogEvents).GetMethods(BindingFlags.Static | BindingFlags.Public)))
        {
            if (method.GetCustomAttribute<LoggerMessageAttribute>() is { } logged)
            {
                var row = Page.Split('\n').SingleOrDefault(line => line.Contains($"`{method.Name}`", StringComparison.Ordinal)
                    && line.StartsWith("| ", StringComparison.Ordinal) && line.Split('|')[1].Contains($"{logged.EventId}"));
                row.ShouldNotBeNull($"{logged.EventId} {method.Name}");
                foreach (var value in method.GetParameters().Skip(1))
                {
                    row.ShouldContain(value.Name!, customMessage: method.Name);
                }
            }
        }
    }

    [Fact]
    public void It_has_every_field_of_the_status()
    {
        var status = JsonSerializer.SerializeToElement(Shown.Status, StatusJson.Default.ClusterStatus);

        foreach (var field in status.EnumerateObject().Concat(status.GetProperty("workers")[0].EnumerateObject()))
        {
            Page.ShouldContain($"`{field.Name}`");
        }
    }

    [Fact]
    public void It_has_every_metric()
    {
        var families = Encoding.UTF8.GetString(MetricsPage.Write(Shown.Status)).Split('\n')
            .Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]).ToList();

        families.Count.ShouldBeGreaterThan(20);
        foreach (var family in families)
        {
            string[] forms = [$"`{family}`", $"`{family}{{", $"`{family.Replace("backprop_worker", "", StringComparison.Ordinal)}`"];
            forms.ShouldContain(form => Page.Contains(form, StringComparison.Ordinal), family);
        }
    }
}
