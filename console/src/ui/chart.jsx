// Bars and lines by uPlot, in the colours of the theme, with a table for readers who do not see them.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { lang, theme } from '../state.js';

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** x: times in seconds; series: [{ label, values, colour: '--good' }]. */
export function Chart({ title, x, series, step }) {
  const box = useRef();
  useEffect(() => {
    const width = box.current.clientWidth;
    const axis = { stroke: colour('--ink-2'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui' };
    const bars = uPlot.paths.bars({ size: [0.7, 40] });
    const plot = new uPlot({
      width, height: 200, cursor: { y: false }, legend: { show: series.length > 1 },
      scales: { x: { range: (u, a, b) => [a - step / 2, b + step / 2] }, y: { range: (u, a, b) => [0, Math.max(4, b * 1.1)] } },
      axes: [axis, { ...axis, size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000] }],
      series: [{}, ...series.map((s) => ({ label: s.label, stroke: colour(s.colour), fill: colour(s.colour) + '55', paths: bars, points: { show: false } }))],
    }, [x, ...series.map((s) => s.values)], box.current);
    const fit = new ResizeObserver(() => plot.setSize({ width: box.current.clientWidth, height: 200 }));
    fit.observe(box.current);
    return () => { fit.disconnect(); plot.destroy(); };
  }, [JSON.stringify([x, series]), theme.value, lang.value]);
  return (
    <figure class="chart" role="group" aria-label={title}>
      <div ref={box} aria-hidden="true" />
      <table class="visually-hidden"><caption>{title}</caption>
        <thead><tr><th scope="col">{title}</th>{series.map((s) => <th key={s.label} scope="col">{s.label}</th>)}</tr></thead>
        <tbody>{x.map((at, i) => <tr key={at}><th scope="row">{new Date(at * 1000).toISOString()}</th>{series.map((s) => <td key={s.label}>{s.values[i]}</td>)}</tr>)}</tbody>
      </table>
    </figure>
  );
}
