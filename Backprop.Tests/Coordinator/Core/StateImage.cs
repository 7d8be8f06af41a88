using System.Collections;
using System.Reflection;
using System.Text;
using Backprop.Coordinator.Core;

namespace Backprop.Tests.Coordinator.Core;

/// <summary>Everything in a state as text, so that "the same state" can be asserted. Counts of reasons and the time are left out.</summary>
internal static class StateImage
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    public static string Of(CoordinatorState state)
    {
        var text = new StringBuilder();
        Write(text, state, "state");
        return text.ToString();
    }

    private static void Write(StringBuilder text, object? value, string name)
    {
        if (name.Contains("_reasons", StringComparison.Ordinal) || name.EndsWith("<Now>k__BackingField", StringComparison.Ordinal))
        {
            return;
        }

        switch (value)
        {
            case null or string or ValueType when value is null or string || value.GetType().IsPrimitive || value is Enum or TimeSpan:
                text.Append(name).Append(" = ").Append(value).AppendLine();
                break;
            case IList list:
                for (var i = 0; i < list.Count; i++)
                {
                    Write(text, list[i], $"{name}[{i}]");
                }

                break;
            default:
                foreach (var field in value!.GetType().GetFields(Fields))
                {
                    Write(text, field.GetValue(value), $"{name}.{field.Name}");
                }

                break;
        }
    }
}
