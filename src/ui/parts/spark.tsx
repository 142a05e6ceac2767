/** A small line of how many there were over time. */
export function Spark({ values }: { values: readonly number[] }) {
  if (values.length < 2) return null;
  const most = Math.max(1, ...values);
  const points = values.map((value, index) => {
    const x = (90 * index) / (values.length - 1);
    return `${x.toFixed(1)},${(18.5 - (17 * value) / most).toFixed(1)}`;
  });
  return (
    <svg class="spark" viewBox="0 0 90 20" role="img" aria-label={`at most ${most} at a time`}>
      <polyline points={points.join(' ')} />
    </svg>
  );
}
